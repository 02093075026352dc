"""What was typed before somebody was asked, which answers nothing."""

import sys


def is_ahead() -> bool:
    """Whether something was typed that nobody has read yet."""
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.kbhit()
    import select

    return bool(select.select([sys.stdin], [], [], 0)[0])


def throw_away() -> None:
    """Forget what was typed, half a line included."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
        return
    import termios

    termios.tcflush(sys.stdin, termios.TCIFLUSH)
