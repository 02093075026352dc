"""What the states of the state machine do, from ticket to ticket; beside it what schedule and queue call."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from walkaway_core.store.services import Services

Door = Callable[[Services, Mapping[str, Any]], dict[str, Any]]


class Doors(Mapping[str, Door]):
    """Doors by the names of their states; each is loaded when it is first asked for, as no function has them all.

    Each is the one function of its module that has the module's name.
    """

    def __init__(self, **modules: str) -> None:
        self._modules = modules

    def __getitem__(self, name: str) -> Door:
        module = self._modules[name]
        door: Door = getattr(import_module(f"{__name__}.{module}"), module)
        return door

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


DOORS = Doors(
    CallModel="call_model",
    RunTool="run_tool",
    RequestClientTools="request_client_tools",
    ContinueTurn="continue_turn",
    FinishTurn="finish_turn",
)
