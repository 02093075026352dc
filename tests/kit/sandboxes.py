"""Where bubblewrap is: tests that need it are skipped elsewhere, by name, and never in CI."""

import os
import shutil

import pytest

MISSING = shutil.which("bwrap") is None

WHY = "bubblewrap is missing (apt-get install bubblewrap)"

needs_bubblewrap = pytest.mark.skipif(MISSING and not os.environ.get("CI"), reason=WHY)


def skip_without_bubblewrap() -> None:
    """Skip the test that runs, as the mark does."""
    if MISSING and not os.environ.get("CI"):
        pytest.skip(WHY)
