"""What guides do by curl, as a shell script."""

import re
import shutil
from pathlib import Path

from peers.running import PROGRAMS, ran


def test_a_response_of_the_background(url: str, tmp_path: Path) -> None:
    assert shutil.which("curl"), "curl is missing: install it"
    printed = ran(["bash", str(PROGRAMS / "background.sh")], url, tmp_path)
    for line in (
        "polled: completed",
        "the tail is the same",
        '"sequence_number":4,',
        r"data: \[DONE\]",
        "cancelled: cancelled",
        '{"id":"resp_[0-9a-f]+","object":"response","deleted":true}',
        "not found.* is gone",
    ):
        assert re.search(line, printed), f"{line} is not in\n{printed}"
