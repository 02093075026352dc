"""What every event is: a place in a log, a name, and data that is decoded when somebody asks for it."""

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, overload

from walkaway import sense
from walkaway_wire import events as wire

T = TypeVar("T")
NUMBER: Final = int | float
KINDS: Final = (str, bool, NUMBER, Mapping, list | tuple)


class Event:
    """An event of a log. Two are equal if they say the same at the same place."""

    __slots__ = ("_data", "_text", "cursor", "turn_id")
    type: str = ""
    """Its name on the wire, such as `text.delta`."""

    def __init__(self, cursor: str, text: str, turn_id: str = "") -> None:
        """`cursor`: what to give as `after`, to read on behind it. `text`: the data, as JSON."""
        self.cursor, self._text, self.turn_id = cursor, text, turn_id
        self._data: dict[str, Any] | None = None

    @property
    def number(self) -> int:
        """Its place in the turn's log, from 0; of an event between turns, in the session's."""
        return int(self.cursor.rpartition(":")[2])

    @property
    def data(self) -> dict[str, Any]:
        """All that it says, `sequence_number` and `at` included."""
        if self._data is None:
            try:
                said = sense.decoded(self._text)
            except ValueError:
                said = None
            self._data = said if isinstance(said, dict) else {"unreadable": self._text}
        return self._data

    @property
    def at(self) -> float:
        """When it was written, in seconds since the epoch; 0: nobody knows."""
        return float(sense.number(self.data.get("at")) or 0)

    @property
    def at_end(self) -> bool:
        """Whether it is the last one of its turn."""
        return self.type in wire.TERMINAL

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return (self.cursor, self.type, self.data) == (other.cursor, other.type, other.data)

    def __hash__(self) -> int:
        return hash((self.cursor, self.type))

    def __repr__(self) -> str:
        said = [f"{name}={value!r}" for name, value in self.data.items() if name not in {"sequence_number", "at"}]
        return f"{type(self).__name__}({', '.join([self.cursor, *said])})"


class Says(Generic[T]):
    """A field of an event's data; what stands here is what it is where the event has none of its kind."""

    def __init__(self, absent: T) -> None:
        self._absent = absent
        self._kind = next((kind for kind in KINDS if isinstance(absent, kind)), object)

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, event: None, owner: type) -> "Says[T]": ...
    @overload
    def __get__(self, event: Event, owner: type) -> T: ...
    def __get__(self, event: Event | None, owner: type) -> "T | Says[T]":
        if event is None:
            return self
        value: T = event.data.get(self._name, self._absent)
        fits = sense.number(value) is not None if self._kind is NUMBER else isinstance(value, self._kind)
        return value if fits else self._absent


class Unknown(Event):
    """An event of a newer server: `type` and `data` say what there is."""

    __slots__ = ("type",)

    def __init__(self, type_: str, cursor: str, text: str, turn_id: str = "") -> None:
        super().__init__(cursor, text, turn_id)
        self.type = type_


class Text(Event):
    """Some text."""

    __slots__ = ()
    content = Says("")


class Step(Event):
    """Something of a step, which is a call of the model."""

    __slots__ = ()
    step = Says(0)


class Call(Event):
    """Something of a call of a tool."""

    __slots__ = ()
    id = Says("")
