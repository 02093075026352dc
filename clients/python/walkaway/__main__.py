"""`walkaway`, and `python -m walkaway`: it says its version at once, and leaves the rest to the commands."""

import os
import signal
import sys

from walkaway_wire import VERSION


def main() -> None:
    """Run a command. What finds and reads commands is not imported to say one line."""
    _have_streams()
    if sys.argv[1:] == ["--version"]:
        _say(f"walkaway, version {VERSION}\n")
        return
    if "_WALKAWAY_COMPLETE" in os.environ:  # Ctrl-C ends it without a word among what somebody types
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from walkaway.commands.main import main as commands

    commands()


def _say(line: str) -> None:
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would fail once more at its end
        sys.exit(f"Error: {error.strerror}")


def _have_streams() -> None:
    """Have all three standard streams. One that is closed is nowhere; no file that is opened later gets its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)  # it has this number, unless somebody else has it already
            os.set_inheritable(nowhere, nowhere == number)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))


if __name__ == "__main__":
    main()
