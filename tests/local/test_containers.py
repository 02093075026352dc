"""Containers on this machine's disk: what stays, what goes, who may have what at once, and what is in the way."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.kit.patience import holds
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import as_somebody
from tests.ports.sandbox_contract import Hands
from walkaway_core.ports.containers import Container
from walkaway_core.ports.sandbox import Command, SandboxRefused
from walkaway_local.sandbox import clones, cloning, contained, containers, disk, mounts
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace
from walkaway_sandbox import tree

pytestmark = needs_bubblewrap

ROOT = "t/containers/sess_1"
HERE, KILLS = Path(__file__).parents[2], 6


def made(folder: Path) -> Hands:
    workspace = FolderWorkspace(folder / "workspace")
    return Hands(Bubblewrap(folder / "sandbox", workspace), workspace, ROOT)


@pytest.fixture
def hands(tmp_path: Path) -> Hands:
    return made(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of the container."""
    return tmp_path / "containers/t/sess_1"


def nothing_but(home: Path, *names: str) -> bool:
    left = {entry.name for entry in home.iterdir()} if home.exists() else set[str]()
    others = {entry.name for entry in home.parents[1].iterdir()} - {"t"}
    return left - {"mounted"} == set(names) and not others


def anywhere(act: Callable[[Path], str], folder: Path, whose: str) -> str:
    def whole(folder: Path) -> str:
        said = act(folder)
        assert holds(lambda: not list(folder.glob("containers/.going-*")))  # else two would remove the folder at once
        return said

    return whole(folder) if whose == "own" else as_somebody(whole)


WHOSE = pytest.mark.parametrize("whose", ["own", "an ordinary user's"])


class TestWhatStandsOnTheDisk:
    def test_one_generation_is_there_and_nothing_of_a_session_that_has_ended(self, hands: Hands, home: Path) -> None:
        hands.run("echo one > a")
        hands.run("echo two > a")
        hands.sandbox.discard(ROOT, hands.generation)
        assert holds(lambda: nothing_but(home, hands.generation))
        assert (home / hands.generation / "tree/workspace/a").read_text() == "two\n"
        hands.sandbox.discard(ROOT, "")
        assert not home.exists()
        assert holds(lambda: nothing_but(home))

    def test_a_caller_that_raises_ends_the_command_and_leaves_the_container_as_it_was(
        self, hands: Hands, home: Path
    ) -> None:
        hands.run("echo one > a")

        def heard(data: bytes) -> None:
            if data:
                raise InterruptedError

        command = Command("echo two > a; echo; sleep 60", "", (), (), 60.0, container=Container(ROOT, hands.generation))
        with pytest.raises(InterruptedError), hands.sandbox.run(command, heard):
            pass
        assert holds(lambda: nothing_but(home, hands.generation))
        assert hands.run("cat a") == "one\n"

    def test_what_a_server_that_was_killed_worked_on_goes_at_the_next_start(self, tmp_path: Path, home: Path) -> None:
        hands = made(tmp_path)
        hands.run("echo one > a")
        code = f"""
from pathlib import Path
from tests.local.test_containers import made
hands = made(Path({str(tmp_path)!r}))
hands.generation = {hands.generation!r}
hands.run("echo two > a; echo; sleep 60", timeout=60)
"""
        with subprocess.Popen([sys.executable, "-c", code], cwd=HERE) as server:
            assert holds(lambda: [*home.glob(".new-*/tree/workspace/a")] and "two" in _one(home).read_text())
            server.send_signal(signal.SIGKILL)
        again = made(tmp_path)
        again.generation = hands.generation
        assert holds(lambda: nothing_but(home, hands.generation))
        assert again.run("cat a") == "one\n"

    def test_a_folder_that_was_removed_by_hand_is_made_again(self, hands: Hands, tmp_path: Path) -> None:
        hands.run("echo one > a")
        (tmp_path / "containers").rename(tmp_path / "elsewhere")
        assert hands.run("ls; echo two > b") == ""
        assert "removed" in hands.finished.lost[0]
        assert hands.run("ls") == "b\n"

    def test_the_folder_may_be_a_link_to_another_disk(self, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir()
        (tmp_path / "containers").symlink_to("disk")
        hands = made(tmp_path)
        hands.run("echo one > a")
        assert hands.run("cat a") == "one\n"
        assert [path.name for path in (tmp_path / "disk").iterdir()] == ["t"]

    def test_it_goes_with_its_session_where_commands_can_no_longer_be_run(
        self, hands: Hands, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hands.run("echo one > a")
        found = shutil.which
        monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else found(name))
        after = made(tmp_path).sandbox
        assert "bwrap" in (after.problem() or "")
        after.discard(ROOT, "")
        assert not home.exists()

    def test_nobody_else_may_enter_a_tree(self, hands: Hands, home: Path) -> None:
        before = os.umask(0o077)
        try:
            hands.run("echo one > a; ls @/tmp @/mnt > b")
            assert hands.run("cat a") == "one\n"
        finally:
            os.umask(before)
        assert (home / hands.generation).stat().st_mode & 0o077 == 0


def _one(home: Path) -> Path:
    return next(home.glob(".new-*/tree/workspace/a"))


def test_more_than_a_command_reads_is_refused(hands: Hands) -> None:
    with pytest.raises(SandboxRefused, match="16000000 bytes"):
        hands.run("true", stdin=b"x" * 16_000_001)


class TestAtOnce:
    def test_two_commands_have_clones_of_their_own(self, hands: Hands, tmp_path: Path) -> None:
        hands.run("echo 0 > a")
        before, meet = hands.generation, threading.Barrier(2, timeout=30)

        def one(number: int) -> Hands:
            own = Hands(hands.sandbox, hands.workspace, ROOT, before)
            meet.wait()
            own.run(f"echo {number} >> a; sleep 0.5; cat a > b")
            return own

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(one, (1, 2))
        assert (first.run("cat b"), second.run("cat b")) == ("0\n1\n", "0\n2\n")

    def test_a_generation_that_is_read_may_be_discarded(self, hands: Hands) -> None:
        hands.run("echo one > a")
        begun, may_end = threading.Event(), threading.Event()

        def heard(data: bytes) -> None:
            begun.set() if data else None
            if begun.is_set():
                hands.sandbox.discard(ROOT, "")
                may_end.set()

        command = Command(
            "echo; sleep 1; ls; echo end", "", (), (), 20.0, container=Container(ROOT, hands.generation, keeps=False)
        )
        with hands.sandbox.run(command, heard) as finished:
            assert may_end.is_set()
            assert finished.exit_code == 0

    @pytest.mark.parametrize(("seconds", "said"), [(60, "killed"), (0, "lost")])
    def test_a_container_that_goes_under_a_command_ends_it_with_one_sentence(
        self, seconds: int, said: str, hands: Hands, home: Path
    ) -> None:
        hands.run("echo one > a")

        def heard(data: bytes) -> None:
            if data:
                hands.sandbox.discard(ROOT, "")

        command = Command(
            f"echo; sleep {seconds}", "", (), (), 60.0, container=Container(ROOT, hands.generation, keeps=True)
        )
        with hands.sandbox.run(command, heard) as finished:
            told = {"killed": [finished.killed], "lost": list(finished.lost)}
        assert told == {"killed": [""], "lost": [], said: [containers.REMOVED]}
        assert not finished.generation
        assert holds(lambda: nothing_but(home))

    def test_one_that_goes_before_its_command_begins_refuses_it(
        self, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hands.run("echo one > a")

        def clone(*_: object) -> None:
            hands.sandbox.discard(ROOT, "")

        monkeypatch.setattr(cloning, "clone", clone)
        with pytest.raises(SandboxRefused, match="was removed"):
            hands.run("cat a")


class TestLimits:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("for i in $(seq 101); do mkdir d; cd d; done", "directories"),
            ("for i in $(seq 10); do mkdir $(printf %0120d 1); cd $(printf %0120d 1); done", "path"),
            ("seq 160 | xargs touch", "more than 150 files"),
            ("echo a > a; for i in $(seq 160); do ln a l$i; done", "more than 150 files"),
            ("truncate -s 1500000 a; for i in 1 2 3; do ln a $i; done", "5000000 bytes"),
        ],
    )
    def test_what_is_too_much_is_not_kept(
        self, text: str, why: str, hands: Hands, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hands.run("echo one > kept")
        monkeypatch.setattr(contained, "MOST_ENTRIES", 150)
        monkeypatch.setattr(contained, "MOST_BYTES", 5_000_000)
        before = hands.generation
        hands.run(text)
        assert hands.finished.generation == ""
        assert "nothing that the command changed was kept" in hands.finished.lost[-1]
        assert why in hands.finished.lost[-1]
        assert hands.run("cat kept; ls") == "one\nkept\n"
        assert holds(lambda: nothing_but(home, before, hands.generation))

    @pytest.mark.parametrize("text", ["seq 60 | xargs touch; sleep 60", "truncate -s 900000000 a b c; sleep 60"])
    def test_what_grows_too_large_is_ended_while_it_runs(
        self, text: str, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(contained, "MOST_ENTRIES", 50)
        hands.run(text, timeout=60)
        assert "the container had more than" in hands.finished.killed

    @WHOSE
    def test_too_many_files_in_memory_end_a_command(
        self, whose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(disk, "FILES", 100)

        def act(folder: Path) -> str:
            hands = made(folder)
            hands.run("cd /dev/shm; touch {1..50}; sleep 1.2; echo kept > /workspace/a")
            said = hands.run("cat a; cd /dev/shm; touch {1..200}; sleep 25")
            return said + hands.finished.killed

        assert anywhere(act, tmp_path, whose) == "kept\nit made more than 100 files in /dev/shm"

    def test_a_disk_without_room_is_said_before_and_while_a_command_runs(
        self, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hands.run("head -c 100000 /dev/zero > a")
        monkeypatch.setattr(cloning, "free", lambda _: 0)
        assert hands.run("wc -c a", keeps=False) == "100000 a\n"
        with pytest.raises(SandboxRefused, match="no room for another copy"):
            hands.run("true")
        hands.generation = ""
        hands.run("sleep 60", timeout=60)
        assert "the server's disk" in hands.finished.killed

    def test_what_stays_free_is_a_part_of_a_small_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = type("Usage", (), {"total": 10_000_000_000, "free": 900_000_000})
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        assert cloning.free(tmp_path) == 400_000_000

    def test_all_containers_of_a_tenant_have_a_share_of_the_disk(self, tmp_path: Path) -> None:
        workspace = FolderWorkspace(tmp_path / "workspace")

        def session(name: str) -> Hands:
            sandbox = Bubblewrap(tmp_path / "sandbox", workspace, stored=1_000_000)
            return Hands(sandbox, workspace, f"{name}")

        first = session("t/containers/sess_1")
        first.run("head -c 600000 /dev/zero > a")
        second = Hands(first.sandbox, workspace, "t/containers/sess_2")
        second.run("head -c 600000 /dev/zero > a")
        assert second.finished.generation == ""
        assert "sessions that are not needed can be deleted" in second.finished.lost[-1]
        again = session("t/containers/sess_2")  # a server that has started since knows what there is
        again.run("head -c 600000 /dev/zero > a")
        assert again.finished.generation == ""
        other = Hands(again.sandbox, workspace, "u/containers/sess_3")
        other.run("head -c 600000 /dev/zero > a")
        assert other.finished.generation
        first.run("rm a")
        shutil.rmtree(tmp_path / "containers/t/sess_1")
        again.run("head -c 600000 /dev/zero > a")
        assert again.finished.generation
        again.sandbox.discard(again.root, "")
        last = Hands(again.sandbox, workspace, "t/containers/sess_4")
        last.run("head -c 600000 /dev/zero > a")
        assert last.finished.generation

    def test_links_are_one_file_still(self, hands: Hands) -> None:
        hands.run("echo one > a; ln a b")
        assert hands.run("echo two > a; cat b; stat -c %h a") == "two\n2\n"


class TestWhatIsLeft:
    @WHOSE
    def test_what_was_closed_is_kept_and_open_to_its_owner(self, whose: str, tmp_path: Path) -> None:
        def act(folder: Path) -> str:
            hands = made(folder)
            hands.run(
                "mkdir -p d/e; echo one > d/e/a; chmod 0 d/e/a; chmod 0 d/e; chmod 4755 d; chmod 0 d; chmod 111 ."
            )
            said = hands.run("cat d/e/a; stat -c %a . d d/e d/e/a; cp /usr/bin/true s; chmod 6755 s; chmod 1777 d")
            return said + hands.run("stat -c %a s d")

        assert anywhere(act, tmp_path, whose).split() == ["one", "711", "700", "700", "400", "755", "1777"]

    def test_a_name_that_no_file_can_have_outside_does_not_come_out(self, hands: Hands) -> None:
        hands.run(r"cd /mnt/session/outputs; touch good $'a\nb' $'\xff'")
        assert list(hands.outputs) == ["good"]
        (said,) = hands.finished.lost
        assert r"'a\nb', '\udcff'" in said

    def test_of_many_names_that_no_file_can_have_outside_a_few_are_said(self, hands: Hands) -> None:
        hands.run(r"cd /mnt/session/outputs; for i in {1..300}; do touch $'\n'$i; done; touch good")
        assert list(hands.outputs) == ["good"]
        (said,) = hands.finished.lost
        assert "and 280 more" in said
        assert len(said) < 1000

    def test_of_many_outputs_the_first_come_out(self, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contained, "MOST_OUTPUTS", 3)
        hands.run("cd /mnt/session/outputs; touch 1 2 3 4")
        assert list(hands.outputs) == ["1", "2", "3"]
        assert "more than 3 files" in hands.finished.lost[-1]

    def test_outputs_that_did_not_change_are_not_read_again(
        self, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hands.run("echo one > /mnt/session/outputs/a")
        (before,) = hands.finished.outputs
        monkeypatch.setattr(contained, "_sha256", lambda *_: "read")
        hands.run("echo two > /mnt/session/outputs/b")
        assert [each.sha256 for each in hands.finished.outputs] == [before.sha256, "read"]


class TestWhatIsMounted:
    @WHOSE
    def test_a_file_may_stand_anywhere_but_in_the_system(self, whose: str, tmp_path: Path) -> None:
        def act(folder: Path) -> str:
            hands = made(folder)
            places = ("/data/a.csv", "/home/user/in/a.csv", "/tmp/a.csv", "/mnt/user/a.csv", "/home/other/a.csv")
            mounts = tuple(hands.upload(str(number), b"x", place) for number, place in enumerate(places))
            large = hands.upload("large", b"y" * 2_000_000, "/data/large.csv")
            for keeps in (True, False):
                said = hands.run(
                    f"cat {' '.join(places)}; wc -c < /data/large.csv", mounts=(*mounts, large), keeps=keeps
                )
                said += hands.run(
                    f"for p in {' '.join(places)}; do echo > $p; done; echo; rm -f /data/*", mounts=mounts
                )
            return said

        said = anywhere(act, tmp_path, whose)
        assert said.startswith("xxxxx2000000\n")
        assert said.count("Read-only file system") == 6

    def test_what_stands_in_the_way_is_left_there_and_said(self, hands: Hands) -> None:
        hands.run("mkdir a; echo mine > b; ln -s /tmp c; echo mine > d")
        mounts = tuple(hands.upload(place[-1], b"x", f"/workspace/{place}") for place in ("a", "b/b", "c/c", "d"))
        assert hands.run("cat d; ls", mounts=mounts).split() == ["x" + "a", "b", "c", "d"]
        assert len(hands.finished.lost) == 3
        assert hands.run("cat b d; ls /tmp/c").startswith("mine\nmine\n")

    @WHOSE
    def test_nothing_is_made_behind_the_link_to_the_uploads(self, whose: str, tmp_path: Path) -> None:
        def act(folder: Path) -> str:
            hands = made(folder)
            said = hands.run("ls /uploads/", mounts=(hands.upload("1", b"x", "/uploads/evil"),))
            return said + " ".join(hands.finished.lost)

        assert anywhere(act, tmp_path, whose) == "/uploads/evil is not there: it would be behind a link"

    @WHOSE
    def test_one_that_would_be_a_file_and_a_directory_is_said_and_commands_begin(
        self, whose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def act(folder: Path) -> str:
            monkeypatch.setattr(mounts, "environment", lambda: [Path("/srv/walkaway/lib")])
            hands = made(folder)
            places = ("/data", "/data/a.csv", "/data-a.csv", "/srv/walkaway", "/srv/walkaway/lib/a.csv")
            said = hands.run(
                "cat /data /data-a.csv", mounts=tuple(hands.upload(p.replace("/", "-"), b"x", p) for p in places)
            )
            return " ".join([said, *(sentence.split()[0] for sentence in hands.finished.lost)])

        assert anywhere(act, tmp_path, whose) == "xx /data/a.csv /srv/walkaway /srv/walkaway/lib/a.csv"

    def test_a_file_is_copied_once_and_goes_when_it_is_mounted_no_more(self, hands: Hands, home: Path) -> None:
        first, second = hands.upload("1", b"one", "/data/1"), hands.upload("2", b"two", "/data/2")
        hands.run("true", mounts=(first, second))
        before = {path.name: path.stat().st_ino for path in (home / "mounted").iterdir()}
        assert len(before) == 2
        hands.run("true", mounts=(first, second))
        hands.run("true", mounts=(second,), keeps=False)
        assert {path.name: path.stat().st_ino for path in (home / "mounted").iterdir()} == before
        hands.run("true", mounts=(second,))
        assert len(list((home / "mounted").iterdir())) == 1

    def test_a_hundred_files_are_mounted_as_fast_as_one(self, hands: Hands) -> None:
        names = [f"{number:03}/data.csv" for number in range(100)]
        mounts = tuple(hands.upload(name, b"x", f"/mnt/session/uploads/{name}") for name in names)
        assert (
            hands.run("cat /uploads/*/data.csv; grep -c uploads /proc/self/mountinfo", mounts=mounts)
            == f"{'x' * 100}1\n"
        )


@WHOSE
@pytest.mark.parametrize("keeps", [True, False])
def test_python_is_seen_where_it_stands_in_one_of_the_places(whose: str, tmp_path: Path, *, keeps: bool) -> None:
    def act(folder: Path) -> str:
        parts = folder / "python/lib", folder / "python/pyvenv.cfg"
        parts[0].mkdir(parents=True)
        parts[0].joinpath("a.py").write_text("a\n")
        parts[1].write_text("b\n")
        before, mounts.environment = mounts.environment, lambda: list(parts)
        try:
            hands = made(folder)
            hands.run("echo mine > /tmp/mine")
            return "".join(hands.run(f"cat {parts[0]}/a.py {parts[1]} /tmp/mine", keeps=keeps) for _ in range(2))
        finally:
            mounts.environment = before

    assert anywhere(act, tmp_path, whose) == "a\nb\nmine\n" * 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_container_that_another_user_made_is_given_to_the_one_of_its_commands(hands: Hands, home: Path) -> None:
    hands.run("echo one > a; ln -s a link")
    for path in (home / hands.generation / "tree").rglob("*"):
        os.chown(path, 1, 1, follow_symlinks=False)
    assert hands.run("echo two >> link; cat a") == "one\ntwo\n"


WORKER = """
import itertools, pathlib
from tests.local.test_containers import ROOT, made
folder = pathlib.Path({folder!r})
hands, record = made(folder), folder / "record"
number, hands.generation = record.read_text().split() if record.exists() else ("0", "")
for number in itertools.count(int(number) + 1):
    hands.run(f"echo {{number}} > a; cp a b; head -c 1000000 /dev/urandom > c; sha256sum c > sums; ln -sf a link")
    (folder / "new").write_text(f"{{number}} {{hands.generation}}")
    (folder / "new").replace(record)
    hands.sandbox.discard(ROOT, hands.generation)
    print(number, flush=True)
"""


@pytest.mark.deep
def test_a_server_that_dies_anywhere_leaves_what_its_record_says(tmp_path: Path, home: Path) -> None:
    for _ in range(KILLS):
        code = WORKER.format(folder=str(tmp_path))
        with subprocess.Popen([sys.executable, "-c", code], cwd=HERE, stdout=subprocess.PIPE) as server:
            assert server.stdout
            assert server.stdout.readline()
            time.sleep(random.random() * 0.5)  # anywhere in a command, or between two
            server.kill()
        hands = made(tmp_path)
        number, hands.generation = (tmp_path / "record").read_text().split()
        kept = hands.generation
        assert hands.run("cat a b link; sha256sum -c sums", keeps=False) == f"{number}\n" * 3 + "c: OK\n"
        assert not hands.finished.lost
        hands.sandbox.discard(ROOT, kept)
        assert holds(partial(nothing_but, home, kept))


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_ten_thousand_files_and_a_gigabyte_over_two_turns(hands: Hands) -> None:
    hands.run("for d in $(seq 100); do mkdir d$d; (cd d$d; seq 99 | xargs touch); done", timeout=300)
    hands.run(
        "head -c 500000000 /dev/urandom > a; head -c 500000000 /dev/urandom > b; sha256sum a b > sums", timeout=300
    )
    assert hands.run("find . -type f | wc -l; sha256sum -c sums", timeout=300) == "9903\na: OK\nb: OK\n"
    assert not hands.finished.lost


def test_as_deep_as_a_workspace_may_be_a_container_may_be(hands: Hands) -> None:
    hands.run(f"for i in $(seq {tree.DEEPEST - 2}); do mkdir d; cd d; done; echo one > a")
    assert hands.run("find . -name a -exec cat {} +") == "one\n"


class TestWhatWasNotTouched:
    def test_it_stays_one_file_on_the_disk_and_what_was_touched_is_another(self, hands: Hands, home: Path) -> None:
        hands.run(
            "mkdir d; echo one > d/a; echo same > d/b; cp d/b d/c; touch -d @1000000000 d/* d; stat -c '%n %Y %Z' d/*"
        )
        before, times = hands.generation, hands.run("stat -c '%n %Y' d d/*")
        hands.generation = before
        hands.run("printf 'two\\n' > d/a; touch -d @1000000000 d/a; chmod 600 d/c; touch -d @1000000000 d")
        there = [home / name / "tree/workspace/d" for name in (before, hands.generation)]
        same = {name: len({(folder / name).stat().st_ino for folder in there}) == 1 for name in ("a", "b", "c")}
        assert same == {"a": False, "b": True, "c": False}
        assert [(folder / "a").read_text() for folder in there] == ["one\n", "two\n"]
        assert [oct((folder / "c").stat().st_mode & 0o777) for folder in there] == ["0o644", "0o600"]
        assert hands.run("stat -c '%n %Y' d d/*") == times

    def test_of_many_files_the_large_ones_alone_are_shared(
        self, hands: Hands, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clones, "MANY", 2)
        hands.run("touch a b; head -c 100000 /dev/zero > large")
        before = hands.generation
        hands.run("true")
        there = [home / name / "tree/workspace" for name in (before, hands.generation)]
        assert [len({(folder / name).stat().st_ino for folder in there}) for name in ("a", "large")] == [2, 1]

    def test_what_was_touched_is_on_the_disk_before_it_counts(
        self, hands: Hands, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hands.run("echo one > a; echo one > b; mkdir d")
        synced = list[Path]()
        monkeypatch.setattr(cloning, "synced", synced.append)
        hands.run("echo two > d/a")
        names = {path.name for path in synced}
        assert {"a", "d", "workspace", "tree", "about.json", "sess_1"} <= names
        assert "b" not in names
        everything = list[Path]()
        monkeypatch.setattr(cloning, "written", everything.append)
        hands.run("seq 300 | xargs touch")
        assert [path.name for path in everything] == ["tree"]
