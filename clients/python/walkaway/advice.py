"""What to do next, in this client's words, where the server's sentences tell it in those of HTTP. No I/O."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from walkaway.profiles import Options

IN_HTTP: Final = re.compile(
    r'[;.] [^;.]*(?:\b(?:GET|HEAD|POST|PUT|PATCH|DELETE) /|\bPATCH changes|"on_busy").*$', re.DOTALL
)
ASIDE: Final = re.compile(r" \((?:GET|POST) /[^)]*\)")
DOING: Final[Mapping[str, str]] = {
    "cursor.invalid": "read from the beginning: after=''",
    "session.busy": "or say what becomes of the message: on_busy='enqueue', 'steer' or 'interrupt'",
    "session.not_found": "sessions.list() gives those that there are, sessions.create() makes one",
    "response.not_found": "session.turns() lists them",
    "file.not_found": "session.files.walk() lists what there is",
    "agent.name_taken": "agents.update() changes it",
    "webhook.name_taken": "webhooks.update() changes it",
    "schedule.name_taken": "schedules.update() changes it",
    "agent.not_found": "agents.list() gives those that there are",
    "webhook.not_found": "webhooks.list() gives those that there are",
    "schedule.not_found": "schedules.list() gives those that there are",
    "delivery.not_found": "webhooks.deliveries() lists those of the last 30 days",
    "tool_call.not_found": "turn.refresh() tells which wait, in turn.pending",
}
"""By the code of an error."""
FORGOTTEN: Final = "Send a known API key"
"""What the server says without a key, and with a wrong one."""
NO_ADDRESS: Final = frozenset({"not_found", "method_not_allowed"})


def said(code: str, message: str, status: int, url: str, options: Options) -> str:
    """Give the server's sentence with what a user of this client can do. `url`: what was asked."""
    if status == 401:
        return _of_key(message, options)
    if code in NO_ADDRESS:
        asked = f"{IN_HTTP.sub('', message)}: {url.partition('?')[0]}"
        path = urlsplit(options.url).path
        return f"{asked}. {options.url_source} says {options.url}; is its path {path} right?" if path else asked
    plain = ASIDE.sub("", message)
    return f"{IN_HTTP.sub('', plain).rstrip('.')}; {DOING[code]}" if code in DOING else plain


def _of_key(message: str, options: Options) -> str:
    plain = message.partition(", as `")[0].rstrip(".")
    if not options.key:
        return f"{plain}. No key was sent: give key=, or WALKAWAY_KEY"
    wrong = "The server does not know this key, or not any more" if plain == FORGOTTEN else plain
    return f"{wrong}. The key came from {options.key_source}"
