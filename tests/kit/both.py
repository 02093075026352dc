"""Fixtures: both shapes of the system, the deployed one and the local one, with a model that a test scripts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.messages_api import MessagesApi, messages_api
from tests.kit.receivers import Receiver, receiving
from tests.kit.shapes import Deployed, Shape, deployed, local
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.dialect import Dialect


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        yield service


@pytest.fixture(scope="module", params=["deployed", "local"])
def shape(
    request: pytest.FixtureRequest, model: MessagesApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shape]:
    with one(request.param, model, tmp_path_factory.mktemp("shape")) as found:
        yield found


@pytest.fixture(scope="module", params=[pytest.param("deployed", marks=pytest.mark.deep), "local"])
def local_first(
    request: pytest.FixtureRequest, model: MessagesApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shape]:
    """Both, where scenarios of the deployed one have shown already that what is played here reaches it."""
    with one(request.param, model, tmp_path_factory.mktemp("shape")) as found:
        yield found


@contextmanager
def one(name: str, model: MessagesApi, folder: Path, dialects: Sequence[Dialect] = DIALECTS) -> Iterator[Shape]:
    made = deployed(model.url, dialects) if name == "deployed" else local(folder / "data", model.url, dialects)
    with made as found:
        yield found


@pytest.fixture
def receiver(shape: Shape) -> Iterator[Receiver]:
    """A receiver on this machine, which no deployed function would go to. What was told before is for nobody."""
    own = shape.deployment.services.values() if isinstance(shape, Deployed) else [shape.services]
    for services in own:
        object.__setattr__(services.settings, "outbound_loopback", True)
    shape.deliver()
    with receiving() as found:
        yield found
