"""A session with a container of its own, on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.benches import Bench, bench
from tests.kit.engine import Engine
from tests.kit.sandboxes import skip_without_bubblewrap


@pytest.fixture
def own(engine: Engine, tmp_path: Path) -> Iterator[Bench]:
    skip_without_bubblewrap()
    with bench(engine, tmp_path) as found:
        yield found
