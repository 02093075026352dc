"""Lines of the log about what happens: whoever does it does not wait for them, and none is lost at the end."""

import logging
import threading
import time

import pytest

from tests.kit.patience import holds
from walkaway_local.reporter import Reporter

DETAIL = {"id": "evt_1", "sequence": 2, "changed": ["title"], "session_id": "sess_1"}


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "walkaway")


def test_each_event_has_a_line_with_the_time_at_which_it_was_told(caplog: pytest.LogCaptureFixture) -> None:
    reporter = Reporter(pause=0.3)
    before = time.time()
    reporter("turn.started", DETAIL)
    reporter("turn.completed", DETAIL)
    after = time.time()
    assert holds(lambda: len(caplog.records) == 2)
    assert caplog.messages[1] == "turn.completed id=evt_1 sequence=2 session_id=sess_1"
    assert all(before <= record.created <= after for record in caplog.records)
    reporter.close()


def test_what_is_left_is_written_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    reporter = Reporter(pause=3600)
    for number in range(20):
        reporter(f"x.{number}", {})
    reporter.close(patience=20)
    assert [message.strip() for message in caplog.messages] == [f"x.{number}" for number in range(20)]
    assert not reporter._thread.is_alive()


def test_a_log_that_nobody_reads_keeps_nobody_waiting() -> None:
    stands, go = threading.Event(), threading.Event()

    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            del record
            stands.set()
            go.wait(20)

    handler = Full()
    logging.getLogger("walkaway").addHandler(handler)
    try:
        reporter = Reporter(pause=0)
        reporter("turn.started", DETAIL)
        assert stands.wait(20)
        reporter("turn.completed", DETAIL)
        reporter.close(patience=0.01)
    finally:
        go.set()
        reporter._thread.join(20)
        logging.getLogger("walkaway").removeHandler(handler)
