"""The container's bash: what goes on from command to command, and what does not."""

import pytest

from tests.kit.benches import Bench
from walkaway_core.agent.tools.container.shell import CUT
from walkaway_core.agent.tools.output import HEAD, TAIL


def test_each_command_goes_on_where_the_one_before_it_ended(own: Bench) -> None:
    assert own.sh("pwd; echo $HOME") == "/workspace\n/home/user"
    begin = (
        "mkdir -p a; cd a; x=$'1\\n\\'2'; export Y=3; arr=(1 '2 3'); declare -A m=([k]='v w'); declare -r ro=5;"
        "f() { echo f \"$@\"; }; export -f f; alias ll='echo aliased'; shopt -s extglob; umask 077;"
        "set -o pipefail; IFS=:"
    )
    assert own.sh(begin) == ""
    assert own.sh('pwd; echo "$x ${arr[1]} ${m[k]} $ro"; umask; ll') == "/workspace/a\n1\n'2 2 3 v w 5\n0077\naliased"
    assert own.sh("bash -c 'echo $Y; f sub'; shopt extglob; set -o | grep pipefail; printf '%q' \"$IFS\"") == (
        "3\nf sub\nextglob        \ton\npipefail       \ton\n:"
    )


def test_how_a_command_ends_is_its_own(own: Bench) -> None:
    failed = own.use("bash", command="cd /tmp; z=1; echo said; echo wrong >&2; exit 4")
    assert (failed.content, failed.is_error) == ("said\nwrong\n[exit code 4]", True)
    assert own.sh("pwd; echo $z") == "/tmp\n1"
    assert own.use("bash", command="set -e; false; echo no").content == "[exit code 1]"
    assert own.use("bash", command="set +e; false; set -u; echo a; echo $nope").words.startswith("a\n")
    assert own.use("bash", command="set +u; echo 'open").words.startswith("bash: eval:")
    assert own.sh("echo on") == "on"


def test_what_a_command_makes_a_function_or_an_option_does_not_break_what_is_kept(own: Bench) -> None:
    own.sh(
        "alias grep='echo no' rm='echo no'; mv() { echo no; }; printf() { echo no; }; set -f -o noclobber -o posix; a=1"
    )
    own.sh("shopt -s nocasematch; uid=2; trap 'echo left' EXIT; cd /mnt")
    assert own.sh("echo $a $uid; pwd; mv") == "1 2\n/mnt\nno"


TAKEN = ("eval", "exit", "trap", "source", "declare", "compgen", "read", "command", "set", "alias", "umask")


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param("; ".join(f"{name}() {{ echo no; }}" for name in TAKEN), id="functions"),
        pytest.param("alias " + " ".join(f"{name}='echo no'" for name in (*TAKEN, "builtin", "{", "}")), id="aliases"),
        pytest.param("PATH=/nowhere", id="a path that leads nowhere"),
    ],
)
def test_nothing_that_a_command_leaves_keeps_the_next_one_from_running(own: Bench, begin: str) -> None:
    own.sh(f"a=1; ll() {{ echo $a; }}; cd /mnt; {begin}")
    assert own.sh("pwd; ll; a=2; cd /tmp; false") == "/mnt\n1\n[exit code 1]"
    assert own.sh("pwd; ll") == "/tmp\n2"


@pytest.mark.parametrize(
    "made",
    [
        "builtin() { echo no; }",
        "builtin() { :; }; unset() { echo no; }; exit() { echo no; }; eval() { echo no; }",
        "set -o posix; builtin() { :; }",
        "readonly POSIXLY_CORRECT",
    ],
)
def test_what_a_command_keeps_is_kept_although_it_makes_a_function_called_builtin(own: Bench, made: str) -> None:
    own.sh("a=1")
    assert own.use("bash", command=f"{made}; a=2; cd /tmp; false").content == "[exit code 1]"
    assert own.sh("pwd; echo $a; type -t builtin; set +o posix") == "/tmp\n2\nbuiltin"


@pytest.mark.parametrize("made", ["set -r", "builtin() { :; }; readonly -f builtin"])
def test_a_shell_that_can_keep_nothing_is_as_it_was_before(own: Bench, made: str) -> None:
    own.sh("a=1; cd /mnt")
    assert own.use("bash", command=f"{made}; a=2; false").content == "[exit code 1]"
    assert own.sh("pwd; echo $a; a=3; cd /tmp; echo said > /tmp/b") == "/mnt\n1"
    assert own.sh("pwd; echo $a; cat b") == "/tmp\n3\nsaid"


def test_of_a_long_output_the_ends_are_shown(own: Bench) -> None:
    said = own.sh("echo begin; seq 1 20000; echo end")
    assert said.startswith("begin\n1\n2\n")
    assert said.endswith(f"20000\nend\n{CUT}")
    assert len(said) < HEAD + TAIL + 500


def test_processes_traps_and_descriptors_do_not_stay(own: Bench) -> None:
    assert own.sh("sleep 1000 & exec 7>/tmp/seven; trap 'echo end' EXIT; echo begun") == "begun\nend"
    assert own.sh("pgrep sleep; echo x >&7").startswith("bash: line")
    assert own.sh("cat; echo read nothing") == "read nothing"


def test_a_killed_command_leaves_the_shell_as_it_was_and_its_files(own: Bench) -> None:
    own.sh("cd /tmp; a=before")
    killed = own.use("bash", command="a=after; cd /; echo kept > /workspace/f; sleep 1000", timeout_ms=1500)
    assert killed.is_error
    assert "[killed: " in killed.words
    assert own.sh("pwd; echo $a; cat /workspace/f") == "/tmp\nbefore\nkept"


def test_a_restart_gives_a_new_shell_with_the_same_files(own: Bench) -> None:
    own.sh("cd /tmp; a=1; echo there > /workspace/f")
    restarted = own.use("bash", restart=True)
    assert (restarted.content, restarted.is_error) == ("The shell has been restarted.", False)
    assert own.sh('pwd; echo "[$a]"; cat f') == "/workspace\n[]\nthere"


def test_a_restart_clears_what_stands_where_the_shell_is_kept(own: Bench) -> None:
    own.sh("rm -rf ~/.walkaway; trap 'echo > ~/.walkaway' EXIT")
    assert "File exists" in own.sh("a=1")
    own.use("bash", restart=True)
    own.sh("a=1")
    assert own.sh("echo $a") == "1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "needs a command"),
        ({"command": " \n"}, "needs a command"),
        ({"command": "a\0b"}, "NUL"),
        ({"command": "true", "timeout_ms": -1}, "timeout_ms"),
        ({"command": "true", "cwd": "/"}, "cwd"),
    ],
)
def test_what_is_no_command_is_told(own: Bench, arguments: dict[str, object], words: str) -> None:
    result = own.use("bash", **arguments)
    assert result.is_error
    assert words in result.words


def test_files_modes_and_links_stay_in_every_place(own: Bench) -> None:
    made = "printf '#!/bin/sh\\necho run' > {0}/run; chmod +x {0}/run; ln -s run {0}/link; mkdir -p {0}/d/e"
    places = ["/workspace", "/mnt/user", "/tmp", "$HOME"]
    own.sh("mkdir -p /mnt/user; " + "; ".join(made.format(place) for place in places))
    assert own.sh("; ".join(f"{place}/link; ls -d {place}/d/e" for place in places)).count("run") == 4
