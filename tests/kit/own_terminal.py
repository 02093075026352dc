"""What a fork does that is to have a terminal, as a program has that a shell begins there."""

import fcntl
import os
import signal
import sys
import termios


def take() -> None:
    """Have the terminal that is the input, and write each line to it; no signal is ignored, as under `nohup`."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        setattr(sys, name, os.fdopen(number, mode, buffering=1, closefd=False))
