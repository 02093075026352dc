"""`walkaway`, and `python -m walkaway`: it says its version at once, and leaves the rest to the commands."""

import os
import signal
import sys

from walkaway_wire import VERSION


def main() -> None:
    """Run a command. What finds and reads commands is not imported to say one line."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"walkaway, version {VERSION}\n")
        return
    if "_WALKAWAY_COMPLETE" in os.environ:  # Ctrl-C ends it without a word among what somebody types
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from walkaway.commands.main import main as commands

    commands()


if __name__ == "__main__":
    main()
