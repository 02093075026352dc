"""Cookbooks of Managed Agents whose model has a script: an analyst, and a maintainer; by two lines of the SDK."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from peers import scripts
from peers.drawing import drawn
from peers.running import PROGRAMS, holds
from peers.scripted import Step, acting

PATIENCE = 300.0
"""Seconds that a program may take: it has twenty commands run."""
ENVIRONMENTS = {"0.121.0": "anthropic0", "2.12.0": ""}
PROGRAMS_WITH_SCRIPTS: Mapping[str, tuple[Sequence[Step], list[str]]] = {
    "managed_analyst.py": (
        scripts.ANALYST,
        [
            r"packages: \['pandas', 'plotly'\] \[\]",
            "not there: .*'harbour' is not installed .*WALKAWAY_SANDBOX_PACKAGES=pip:harbour",
            "uploaded: harbour_fares.csv True",
            "session: Fares of a harbour idle",
            "^tools: bash 4 edit 1 glob 1 grep 1 read 1 write 1 failed 1 end end_turn$",
            "the sum is ours: True",
            "^file: harbour_fares.csv text/csv False True$",
            "^file: paid.csv text/csv True True$",
            "^file: report.html text/html True True$",
            "whole: True True True",
            r"charts: 3 \[True, True, True\]",
            "table: True True",
            "^tools: bash 1 failed 0 end end_turn$",
            r"said: I worked in /workspace/work\nanalysis.py\.$",
            "used: 10 True",
            "archived: terminated True",
            "it says no more",
        ],
    ),
    "managed_maintainer.py": (
        scripts.MAINTAINER,
        [
            r"session: Issue #42 → a pull request \['repo.zip'\]",
            "said: I unpack it.",
            r"opened: Keep the numbers of quays \| fix-42 \['ci.log', 'house.md', 'repo.zip'\]",
            r"said: CI says: FAILED .*'ile-2'\nNumbers and accents stay.",
            "patch: fix.patch True\nnow: ile-harbour-9 False",
            r"reviewed: 101 \['house.md', 'repo.zip', 'review.md'\]",
            "said: So the log is gone.",
            "patch: fix.patch True\nnow: ile-harbour-9 True",
            "merged: 101\nsaid: Number 101 is merged.",
            "^tools: bash 8 edit 4 merge_pull_request 1 open_pull_request 1 read 3 request_review 1 waits 3$",
            "failed: 1\nthe first patch is gone: True",
            r'said: It stands so: \{"number": 101, "state": "merging"\}',
            "^tools: bash 1 waits 0\nfailed: 0$",
            r"archived: \[\]",
            "still: ile-harbour-9 True",
        ],
    ),
}


@pytest.mark.parametrize("version", ENVIRONMENTS)
@pytest.mark.parametrize("program", PROGRAMS_WITH_SCRIPTS)
def test_a_cookbook_ends(program: str, version: str, tmp_path: Path) -> None:
    script, expected = PROGRAMS_WITH_SCRIPTS[program]
    with acting(script, drawn(PROGRAMS / program), tmp_path) as url:
        holds(program, ENVIRONMENTS[version], url, tmp_path, *expected, patience=PATIENCE)
