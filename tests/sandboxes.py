"""Where bubblewrap is: tests that need it are skipped elsewhere, by name, and never in CI."""

import os
import shutil

import pytest

MISSING = shutil.which("bwrap") is None

needs_bubblewrap = pytest.mark.skipif(
    MISSING and not os.environ.get("CI"), reason="bubblewrap is missing (apt-get install bubblewrap)"
)
