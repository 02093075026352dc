"""Fixtures: both shapes of the system, the deployed one and the local one, with a model that a test scripts."""

from collections.abc import Iterator

import pytest

from tests.kit.messages_api import MessagesApi, messages_api
from tests.kit.receivers import Receiver, receiving
from tests.kit.shapes import Deployed, Shape, deployed, local


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        yield service


@pytest.fixture(scope="module", params=["deployed", "local"])
def shape(
    request: pytest.FixtureRequest, model: MessagesApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shape]:
    made = deployed(model.url) if request.param == "deployed" else local(tmp_path_factory.mktemp("l") / "d", model.url)
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
