"""Where files are mounted in a container, as callers write it."""

import pytest

from walkaway_core.errors import PathInvalid
from walkaway_core.ports.containers import mounted_at


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("data.csv", "/mnt/session/uploads/data.csv"),
        ("in/./data.csv", "/mnt/session/uploads/in/data.csv"),
        ("/uploads/data.csv", "/mnt/session/uploads/data.csv"),
        ("/./uploads/data.csv", "/mnt/session/uploads/data.csv"),
        ("/uploads//data.csv", "/mnt/session/uploads/data.csv"),
        ("/workspace/src//a.py", "/workspace/src/a.py"),
        ("/mnt/user-data/a b.csv", "/mnt/user-data/a b.csv"),
        ("/data/a.csv", "/data/a.csv"),
    ],
)
def test_a_place_is_absolute(asked: str, place: str) -> None:
    assert mounted_at(asked) == place


DIRECTORIES = (
    "/mnt",
    "/mnt/session",
    "/mnt/session/uploads",
    "/home",
    "/tmp",
    "/workspace",
    "/uploads",
    "/uploads/",
    "/./uploads",
)
ELSEWHERE = ("../x", "/workspace/../etc/passwd", "/etc/passwd", "/usr/bin/python3", "/proc/1/mem", "//etc/passwd")
OUTPUTS = ("/mnt/session/outputs", "/mnt/session/outputs/a.csv")


@pytest.mark.parametrize("asked", ["", "/", ".", "a\nb", "x/" * 200 + "x", *DIRECTORIES, *ELSEWHERE, *OUTPUTS])
def test_what_names_no_file_or_is_somebody_elses_is_refused(asked: str) -> None:
    with pytest.raises(PathInvalid):
        mounted_at(asked)
