"""What every Sandbox must do for containers, one check for each sentence of its docstrings."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from walkaway_core.ports.containers import OUTPUTS, PLACES, Container, Mount
from walkaway_core.ports.sandbox import Command, Finished, Sandbox
from walkaway_core.ports.workspace import Workspace

HIDDEN = "t/uploaded"
"""A root in which mounted files stand."""


@dataclass
class Hands:
    """A session whose commands follow each other, and what the last one has given."""

    sandbox: Sandbox
    workspace: Workspace
    root: str = "t/containers/sess_1"
    generation: str = ""
    finished: Finished = field(default_factory=lambda: Finished(None))
    outputs: dict[str, bytes] = field(default_factory=dict)

    def run(
        self, text: str, *, keeps: bool = True, stdin: bytes = b"", mounts: tuple[Mount, ...] = (), timeout: float = 30
    ) -> str:
        """Run a command with the places of this shape in it; give what it says."""
        for place, there in self.sandbox.places().items():
            text = text.replace(f"@{place}", there)
        container, heard = Container(self.root, self.generation, mounts, keeps), list[bytes]()
        owner = self.root.rpartition("/")[2]
        command = Command(text, "", (), (), timeout, owner=owner, container=container, stdin=stdin)
        with self.sandbox.run(command, heard.append) as self.finished:
            self.outputs = {each.path: b"".join(each.contents()) for each in self.finished.outputs}
        self.generation = self.finished.generation or self.generation
        return b"".join(heard).decode()

    def upload(self, name: str, content: bytes, place: str) -> Mount:
        """Put a file where it can be mounted from."""
        return Mount(place, HIDDEN, name, self.workspace.write(HIDDEN, name, [content]).version)


ContractCheck = Callable[[Hands], None]


def a_command_begins_in_the_working_directory_and_has_a_home(hands: Hands) -> None:
    said = hands.run('pwd; echo "$HOME"; touch "$HOME/a" "$TMPDIR/a" a')
    assert said.split() == [hands.sandbox.places()[place] for place in (PLACES[0], PLACES[3])]
    assert hands.finished.exit_code == 0


def what_is_left_in_the_places_is_there_in_the_next_command(hands: Hands) -> None:
    left = " ".join(f"@{place}" for place in PLACES)
    hands.run(f"for place in {left}; do mkdir -p $place/below/empty; echo $place > $place/below/file; done")
    assert hands.run(f"for place in {left}; do cat $place/below/file; ls $place/below; done").split() == [
        word for place in PLACES for word in (hands.sandbox.places()[place], "empty", "file")
    ]
    hands.run("rm -r below")
    assert "below" not in hands.run("ls")


def modes_links_and_times_stay(hands: Hands) -> None:
    hands.run("printf '#!/bin/sh\\necho run' > go; chmod 755 go; echo s > secret; chmod 600 secret; mkdir -m 700 shut")
    hands.run("ln -s go link; ln -s nowhere dangling; ln -s /usr/bin/env out; touch -d @1000000000 secret")
    assert hands.run("./link") == "run\n"
    said = hands.run("stat -c '%n %a %Y' secret; stat -c '%n %a' go shut; readlink link dangling out")
    assert said.split("\n") == ["secret 600 1000000000", "go 755", "shut 700", "go", "nowhere", "/usr/bin/env", ""]


def names_of_any_bytes_stay(hands: Hands) -> None:
    hands.run(r"touch $'caf\xe9' $'a\nb' ' ' -- -r; mkdir 'ü'; touch 'ü/ß'")
    assert hands.run("find . -mindepth 1 | wc -l").strip() == "7"


def no_generation_that_was_given_is_ever_changed(hands: Hands) -> None:
    hands.run("echo one > a; echo same > b")
    before = hands.generation
    hands.run("echo two >> a; rm b; chmod 700 a; echo new > c")
    after, hands.generation = hands.generation, before
    assert hands.run("cat a b; ls; stat -c %a a", keeps=False).split() == ["one", "same", "a", "b", "644"]
    hands.generation = after
    assert hands.run("cat a; ls; stat -c %a a", keeps=False).split() == ["one", "two", "a", "c", "700"]


def a_command_that_keeps_nothing_leaves_nothing(hands: Hands) -> None:
    hands.run("echo one > a")
    assert hands.run("cat a; echo two > a; echo b > b; cat", keeps=False, stdin=b"read").endswith("read")
    assert (hands.finished.generation, hands.finished.lost, hands.finished.outputs) == ("", (), ())
    assert hands.run("cat a; ls").split() == ["one", "a"]


def sessions_have_containers_of_their_own(hands: Hands) -> None:
    hands.run("echo mine > a; echo mine > @/tmp/a")
    other = Hands(hands.sandbox, hands.workspace, "t/containers/sess_2", hands.generation)
    assert other.run("ls; test -e @/tmp/a && echo there") == ""
    assert other.finished.lost


def standard_input_is_read_to_its_end(hands: Hands) -> None:
    given = bytes(range(256)) * 20_000
    assert hands.run("sha256sum", stdin=given).split()[0] == hashlib.sha256(given).hexdigest()
    assert hands.run("cat; echo end") == "end\n"


def what_is_mounted_is_there_and_cannot_be_written(hands: Hands) -> None:
    mounts = (
        hands.upload("1", b"one", "/mnt/session/uploads/data.csv"),
        hands.upload("2", b"two", "/mnt/session/uploads/deep/er/data.csv"),
        hands.upload("3", b"three", "/workspace/in/data.csv"),
    )
    read = "cat @/mnt/session/uploads/data.csv @/mnt/session/uploads/deep/er/data.csv in/data.csv"
    for keeps in (True, False, True):
        assert hands.run(read, mounts=mounts, keeps=keeps) == "onetwothree"
    hands.run("echo x > in/data.csv; echo x > @/mnt/session/uploads/data.csv; true", mounts=mounts)
    assert hands.run(read, mounts=mounts) == "onetwothree"


def what_is_no_longer_mounted_is_no_longer_there(hands: Hands) -> None:
    mount = hands.upload("1", b"one", "/workspace/in/data.csv")
    hands.run("echo mine > mine", mounts=(mount,))
    hands.run("true", mounts=(mount,), keeps=False)
    assert hands.run("ls; ls in").startswith("mine\n")
    assert hands.finished.exit_code != 0
    other = hands.upload("2", b"two", "/workspace/in/data.csv")
    assert hands.run("cat in/data.csv", mounts=(other,)) == "two"


def a_mounted_file_that_is_gone_is_said(hands: Hands) -> None:
    mount = hands.upload("1", b"one", "/mnt/session/uploads/data.csv")
    hands.workspace.delete(HIDDEN, "1")
    assert hands.run("echo goes on", mounts=(mount,)) == "goes on\n"
    assert any(mount.place in sentence for sentence in hands.finished.lost)


def what_is_below_outputs_comes_out(hands: Hands) -> None:
    hands.run(f"cd @/mnt{OUTPUTS[4:]}; echo one > a.txt; mkdir -p b/c; echo two > b/c/d.txt; ln -s /etc/passwd link")
    first = hands.outputs
    assert first == {"a.txt": b"one\n", "b/c/d.txt": b"two\n"}
    hands.run(f"cd @/mnt{OUTPUTS[4:]}; touch -r a.txt /dev/shm/t; printf ONE > a.txt; touch -r /dev/shm/t a.txt")
    assert hands.outputs == {**first, "a.txt": b"ONE"}
    for each in hands.finished.outputs:
        assert each.sha256 == hashlib.sha256(hands.outputs[each.path]).hexdigest()
        assert each.size == len(hands.outputs[each.path])
    hands.run(f"cd @/mnt{OUTPUTS[4:]}; rm a.txt; mv b /tmp/b; ln -s /tmp/b b")
    assert hands.outputs == {}


def directories_of_the_server_are_there_again(hands: Hands) -> None:
    mount = hands.upload("1", b"one", "/mnt/session/uploads/data.csv")
    hands.run("rm -rf @/mnt/session; ln -s /etc @/mnt/session")
    said = hands.run(f"cat @/mnt/session/uploads/data.csv; echo two > @/mnt{OUTPUTS[4:]}/b", mounts=(mount,))
    assert said == "one"
    assert hands.outputs == {"b": b"two\n"}


def what_a_killed_command_has_left_stays(hands: Hands) -> None:
    hands.run("echo begun > a; sleep 60; echo done > a", timeout=1)
    assert hands.finished.killed
    assert hands.run("cat a") == "begun\n"


def too_much_is_not_kept_and_said(hands: Hands) -> None:
    hands.run("echo one > a")
    hands.run("echo two > a; truncate -s 900M b c d")
    assert hands.finished.generation == ""
    assert hands.finished.lost
    assert hands.run("cat a; ls") == "one\na\n"


def what_is_no_file_is_not_kept_and_said(hands: Hands) -> None:
    hands.run("mkfifo pipe; echo kept > a")
    assert any("pipe" in sentence for sentence in hands.finished.lost)
    assert hands.run("ls") == "a\n"


def a_container_that_was_discarded_begins_empty_and_that_is_said(hands: Hands) -> None:
    hands.run("echo one > a")
    hands.sandbox.discard(hands.root, "")
    hands.sandbox.discard(hands.root, "")
    assert hands.run("ls") == ""
    assert hands.finished.lost


def discarding_keeps_one_generation(hands: Hands) -> None:
    hands.run("echo one > a")
    before = hands.generation
    hands.run("echo two > a")
    hands.sandbox.discard(hands.root, hands.generation)
    assert hands.run("cat a") == "two\n"
    assert not hands.finished.lost
    hands.generation = before
    hands.run("cat a")
    assert hands.finished.lost


CONTRACT: list[ContractCheck] = [
    a_command_begins_in_the_working_directory_and_has_a_home,
    what_is_left_in_the_places_is_there_in_the_next_command,
    modes_links_and_times_stay,
    names_of_any_bytes_stay,
    no_generation_that_was_given_is_ever_changed,
    a_command_that_keeps_nothing_leaves_nothing,
    sessions_have_containers_of_their_own,
    standard_input_is_read_to_its_end,
    what_is_mounted_is_there_and_cannot_be_written,
    what_is_no_longer_mounted_is_no_longer_there,
    a_mounted_file_that_is_gone_is_said,
    what_is_below_outputs_comes_out,
    directories_of_the_server_are_there_again,
    what_a_killed_command_has_left_stays,
    too_much_is_not_kept_and_said,
    what_is_no_file_is_not_kept_and_said,
    a_container_that_was_discarded_begins_empty_and_that_is_said,
    discarding_keeps_one_generation,
]
