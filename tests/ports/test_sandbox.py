"""The Sandbox's contract for containers, on every adapter, and on adapters that are broken on purpose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.patience import holds
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import as_somebody
from tests.ports import sandbox_contract as contract
from tests.ports.sandbox_contract import Hands
from walkaway_core.ports.sandbox import Command, Finished
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = needs_bubblewrap


def made(folder: Path, kind: type[Bubblewrap] = Bubblewrap) -> Hands:
    workspace = FolderWorkspace(folder / "workspace")
    return Hands(kind(folder / "sandbox", workspace), workspace)


@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: contract.ContractCheck, tmp_path: Path) -> None:
    check(made(tmp_path))


def test_contract_for_a_server_that_is_not_roots() -> None:
    def act(folder: Path) -> str:
        for check in contract.CONTRACT:
            check(made(folder / check.__name__))
            assert holds(lambda: not list(folder.glob("*/containers/.going-*")))
        return "held"

    assert as_somebody(act) == "held"


class Broken(Bubblewrap):
    """Changes what it is told, or what it tells."""

    def told(self, command: Command) -> Command:
        return command

    def tells(self, finished: Finished) -> Finished:
        return finished

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        if not command.container:  # the first one only tries
            with super().run(command, heard) as finished:
                yield finished
            return
        with super().run(self.told(command), heard) as finished:
            yield self.tells(finished)


class Forgets(Broken):
    def told(self, command: Command) -> Command:
        assert command.container
        return replace(command, container=replace(command.container, generation=""))


class KeepsAlways(Broken):
    def told(self, command: Command) -> Command:
        assert command.container
        return replace(command, container=replace(command.container, keeps=True))


class SharesOne(Broken):
    def told(self, command: Command) -> Command:
        assert command.container
        return replace(command, container=replace(command.container, root="t/containers/all"))


class MountsNothing(Broken):
    def told(self, command: Command) -> Command:
        assert command.container
        return replace(command, container=replace(command.container, mounts=()))


class ReadsNothing(Broken):
    def told(self, command: Command) -> Command:
        return replace(command, stdin=b"")


class SaysNothing(Broken):
    def tells(self, finished: Finished) -> Finished:
        return replace(finished, lost=())


class BringsNothingOut(Broken):
    def tells(self, finished: Finished) -> Finished:
        return replace(finished, outputs=())


class DropsWhatWasKilled(Broken):
    def tells(self, finished: Finished) -> Finished:
        return replace(finished, generation="") if finished.killed else finished


class DiscardsNothing(Bubblewrap):
    def discard(self, root: str, keep: str) -> None:
        pass


class DiscardsAll(Bubblewrap):
    def discard(self, root: str, keep: str) -> None:
        super().discard(root, "")


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (Forgets, contract.what_is_left_in_the_places_is_there_in_the_next_command),
        (KeepsAlways, contract.a_command_that_keeps_nothing_leaves_nothing),
        (SharesOne, contract.sessions_have_containers_of_their_own),
        (ReadsNothing, contract.standard_input_is_read_to_its_end),
        (MountsNothing, contract.what_is_mounted_is_there_and_cannot_be_written),
        (SaysNothing, contract.a_mounted_file_that_is_gone_is_said),
        (SaysNothing, contract.too_much_is_not_kept_and_said),
        (BringsNothingOut, contract.what_is_below_outputs_comes_out),
        (DropsWhatWasKilled, contract.what_a_killed_command_has_left_stays),
        (DiscardsNothing, contract.a_container_that_was_discarded_begins_empty_and_that_is_said),
        (DiscardsAll, contract.discarding_keeps_one_generation),
    ],
)
def test_the_contract_notices(kind: type[Bubblewrap], check: contract.ContractCheck, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check(made(tmp_path, kind))
