"""Lines of the log on AWS: JSON, each with what is worked on. Lambda writes most of them, the rest is seen to here."""

import json
import logging
import os
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from walkaway_core.ports import subject

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

QUIET = ("botocore", "uvicorn")
"""What says at each cold start that all is well: credentials were found, a server was started."""
RUNTIMES = "requestId"
"""The id that Lambda's runtime puts into its lines by itself."""


class JsonLines(logging.Formatter):
    """A record in the form that Lambda's runtime gives it (awslambdaric, lambda_runtime_log_utils)."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage().strip(),
            "logger": record.name,
            **subject.named(),
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            line |= {"errorType": kind.__name__, "errorMessage": str(error), "location": _location(record)}
            return json.dumps(line | {"stackTrace": traceback.format_tb(trace)}, ensure_ascii=False)
        return json.dumps(line, ensure_ascii=False)


def prepare() -> None:
    """Let a function's lines name what is worked on, and be lines also where Python prints by itself.

    Where nobody asks for JSON, as outside of Lambda, Python's ways are left as they are.
    """
    _quieten()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        _take_over()


def begin() -> None:
    """Write all lines of a process that Lambda's runtime does not start."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    _quieten()
    _take_over()
    sys.excepthook = _ended


def _quieten() -> None:
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _take_over() -> None:
    for handler in logging.getLogger().handlers:
        handler.addFilter(_name)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_ended
    sys.unraisablehook = _ignored


def _name(record: logging.LogRecord) -> bool:
    """Put ids into a record; the runtime writes all that it finds there."""
    for name, id_ in subject.named().items():
        if name != RUNTIMES:
            record.__dict__.setdefault(name, id_)
    return True


def _location(record: logging.LogRecord) -> str:
    return f"{record.pathname}:{record.funcName}:{record.lineno}"


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("the process ends", exc_info=(kind, error, trace))


def _thread_ended(broke: threading.ExceptHookArgs) -> None:
    if broke.exc_value and not isinstance(broke.exc_value, SystemExit):
        name = broke.thread.name if broke.thread else "?"
        told = (broke.exc_type, broke.exc_value, broke.exc_traceback)
        logging.getLogger(__name__).error("the thread %s broke", name, exc_info=told)


def _ignored(broke: "UnraisableHookArgs") -> None:
    if broke.exc_value:
        told = (broke.exc_type, broke.exc_value, broke.exc_traceback)
        logging.getLogger(__name__).error("%s: %r", broke.err_msg or "ignored", broke.object, exc_info=told)
