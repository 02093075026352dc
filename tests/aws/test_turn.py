"""A whole turn on DynamoDB, S3 and Step Functions under moto: the deployed state machine calls the real doors."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.moto_services import ACCOUNT, BUCKET, TABLE, account
from walkaway_core import files, log, readers, sessions, turns
from walkaway_core.aws.bus import EventBridgeBus, connect
from walkaway_core.aws.machine import StepFunctionsMachine
from walkaway_core.aws.table import DynamoTable
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.doors import DOORS
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.readers import Cursor
from walkaway_core.services import Services
from walkaway_core.sessions import SessionOptions
from walkaway_core.settings import Settings
from walkaway_core.system import SystemClock, TimeIds
from walkaway_local.stack import definition
from walkaway_wire.events import Event


@pytest.fixture
def services() -> Iterator[Services]:
    settings = Settings(rehearsal_delay=0)
    with account() as aws:
        made: list[Services] = []
        client, arn = aws.machine(definition().read_text(), lambda name, payload: DOORS[name](made[0], payload))
        table = DynamoTable(aws.table(), TABLE, SystemClock())
        model = AnthropicModel(settings)
        made.append(
            Services(
                table=table,
                workspace=S3Workspace(aws.bucket(), BUCKET),
                machine=StepFunctionsMachine(client, arn),
                bus=EventBridgeBus(connect(**ACCOUNT), "default"),
                model=model,
                clock=SystemClock(),
                ids=TimeIds(),
                settings=settings,
            )
        )
        yield made[0]
        table.close()
        model.close()


async def follow(services: Services, turn: turns.Turn) -> list[Event]:
    at = Cursor(-1, "", done=False)
    return [event async for events in readers.follow(services, turn.key, at) for event in events]


def test_a_turn_writes_its_file_and_its_log_and_frees_its_session(services: Services) -> None:
    session = sessions.create(services, "t", SessionOptions(), {})
    turn = turns.start(services, session.key, "Write a 2-page report on ferries to out/ferries.md")
    events = asyncio.run(asyncio.wait_for(follow(services, turn), 60))
    assert [event.number for event in events] == list(range(len(events)))
    assert events[-1].type == "message.completed"
    assert [e.data["step"] for e in events if e.type == "step.completed"] == [1, 2, 3, 4, 5, 6]
    assert all(event.data["attempt"] == 1 for event in events if event.type == "step.started")
    after = sessions.get(services, session.key)
    assert (after.busy, after.metadata["percent"]) == (False, 100)
    assert b"ferries" in b"".join(files.read(services, after, "out/ferries.md"))
    replay = log.events(services, turn.key, services.table.query(turn.key.log).items)
    assert replay == events
    again = turns.start(services, session.key, "Write a poem about ferries.")
    assert asyncio.run(asyncio.wait_for(follow(services, again), 60))[-1].type == "message.completed"
