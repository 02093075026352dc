"""Understands what a message asks for, by general rules: a verb, a file, a kind of document, a subject, a size."""

import re
from dataclasses import dataclass
from typing import Literal

from walkaway_core.ports.paths import MOUNT

Kind = Literal["presentation", "document", "table", "data", "page", "code", "verse", "chart", "none"]
Deed = Literal["make", "read", "list", "search", "run", "talk"]

SUFFIXES: dict[str, Kind] = {
    **dict.fromkeys(("md", "markdown", "txt", "rst", "log", "tex"), "document"),
    **dict.fromkeys(("csv", "tsv"), "table"),
    **dict.fromkeys(("json",), "data"),
    **dict.fromkeys(("html", "htm"), "page"),
    **dict.fromkeys(("py", "sh", "js", "ts", "sql", "css", "yaml", "yml", "toml"), "code"),
    "pptx": "presentation",
    "png": "chart",
}
WORDS: dict[str, Kind] = {
    **dict.fromkeys(("presentation", "powerpoint", "ppt", "pptx", "deck", "slides", "slideshow"), "presentation"),
    **dict.fromkeys(
        (
            *("report", "document", "memo", "brief", "briefing", "article", "whitepaper", "paper", "proposal", "essay"),
            *("summary", "analysis", "overview", "guide", "tutorial", "plan", "notes", "review", "study"),
        ),
        "document",
    ),
    **dict.fromkeys(("spreadsheet", "csv", "table", "dataset"), "table"),
    **dict.fromkeys(("json",), "data"),
    **dict.fromkeys(("webpage", "website", "html"), "page"),
    **dict.fromkeys(("script", "program"), "code"),
    **dict.fromkeys(("chart", "plot", "diagram", "graph"), "chart"),
    **dict.fromkeys(("poem", "haiku", "limerick", "song", "story", "joke", "verse", "sonnet"), "verse"),
}
DEFAULT_SUFFIX: dict[Kind, str] = {
    "presentation": "pptx",
    "document": "md",
    "table": "csv",
    "data": "json",
    "page": "html",
    "code": "py",
    "chart": "png",
}
CATEGORIES = ("cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms")
"""What a refusal can be for (Messages API, refusals)."""

_I, _IS = re.IGNORECASE, re.IGNORECASE | re.DOTALL
_KNOWN = "|".join(sorted(SUFFIXES, key=len, reverse=True))
_QUOTED = re.compile(rf"[`\"'“]((?:{MOUNT}/)?[^`\"'“”\n]*\.[A-Za-z0-9]{{1,8}})[`\"'”]")
_ABSOLUTE = re.compile(rf"{MOUNT}/([^\s`\"'“”,;]*[\w)])")
_BARE = re.compile(rf"(?<![\w./@:-])((?:[\w+-][\w.+-]*/)*[\w+-][\w.+-]*\.(?:{_KNOWN}))(?![\w/])", _I)
_SIZE = re.compile(
    r"\b(\d{1,3})[- ](?:\w+[- ])?(page|slide|section|chapter|row|line|verse|paragraph|point|entr(?:y|ie))s?\b", _I
)
MAKE = re.compile(
    r"\b(write|build|create|make|prepare|draft|generate|produce|compile|compose|design|save|store|put|export)\b", _I
)
"""A verb that asks for something new."""
_READ = re.compile(r"\b(read|show|open|display|print|summari[sz]e|what does|what is in|what's in)\b", _I)
_LIST = re.compile(r"\b(list|which|what|show)\b.*\b(files|workspace|directory|folder)\b", _IS)
_SEARCH = re.compile(r"\b(?:search|grep|look)\b.*?\bfor\s+[`\"'“]?([^`\"'”\n?.]+)", _IS)
_SUBJECT = re.compile(r"\b(?:on|about|regarding|concerning|covering|explaining|describing)\s+(.+)", _IS)
_SUBJECT_OF = re.compile(r"\b(?:of|for)\s+(.+)", _IS)
_RUN = re.compile(r"\brun\b[^`\n]*`([^`]+)`", _IS)
_STEPS = re.compile(r"\b(?:in|over|with|take|taking)\s+(\d{1,5})\s+steps\b", _I)
_AT_ONCE = re.compile(r"\b(\d{1,2})\s+tools?\s+at\s+once\b", _I)
_TIMES = re.compile(r"\b(\d{1,3})\s+times\b", _I)
_FAIL = re.compile(
    r"[,;]?\s*(?:and\s+)?\bfail\s+(?:(\d{1,3})\s+times|once|(twice))\b[,:]?\s*(?:(?:and|but)\s+)?(?:then\b)?", _I
)
_REFUSE = re.compile(r"(?:^|[.!?;\n]\s*)(?:please\s+)?(?:refuse|decline)\b", _I)
_NOTHING = re.compile(r"\b(?:say|answer)\s+nothing\b|\bempty\s+answer\b", _I)
_SLOWLY = re.compile(r"\bslowly\b", _I)
_STOP = re.compile(
    r"\s*(?:[.!?;](?:\s|$)|\n|,?\s+(?:and|then)\s+(?:then\s+)?(?:write|save|store|put|export|send|place|report|tell)\b"
    r"|,?\s+(?:to|into|in|as|at|under)\s+(?:a |the )?(?:file\b|\x00)|\x00)",
    _I,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a message asks for. `path` is in the workspace, or absolute in a container; `""`: no file is touched."""

    deed: Deed
    kind: Kind
    path: str
    subject: str
    size: int
    """How many pages, slides, rows or verses were asked for; 0: not said."""
    pattern: str = ""
    steps: int = 0
    """How many model calls the turn is to have; 0: as many as it takes."""
    at_once: int = 1
    """How many tools a step is to call side by side, where it has steps to spare."""
    times: int = 1
    """How often the caller's tools are to be called, one step after the other."""
    slowly: bool = False
    command: str = ""
    sources: tuple[str, ...] = ()
    """Files that are to be read before another one is made, in a container."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """What a message wants to go wrong. `category`: of a refusal, if the message names one; `fails`: how often."""

    refuses: bool
    category: str | None
    silent: bool
    fails: int


def mishap(message: str) -> Mishap:
    """Read what is to go wrong."""
    words = message.lower()
    category = next((name for name in CATEGORIES if re.search(rf"\b{name.replace('_', '[ _]')}\b", words)), None)
    fail = _FAIL.search(message)
    fails = (int(fail[1]) if fail[1] else 2 if fail[2] else 1) if fail else 0
    return Mishap(bool(_REFUSE.search(message)), category, bool(_NOTHING.search(message)), fails)


def understand(message: str) -> Wish:
    """Read a message."""
    message = _FAIL.sub(" ", message).strip()
    path = _path(message)
    suffix = path.rpartition(".")[2].lower()
    kind = SUFFIXES.get(suffix, "document") if path else _kind(message)
    subject = _subject(message, path)
    match = _SIZE.search(message)
    size = min(int(match[1]), 100) if match else 0
    deed = _deed(message, path, kind)
    if deed == "make" and not path and kind not in ("verse", "none"):
        path = _invent(kind, message, subject)
    search = _SEARCH.search(message)
    steps, at_once, times = _STEPS.search(message), _AT_ONCE.search(message), _TIMES.search(message)
    return Wish(
        deed,
        kind,
        path,
        subject,
        size,
        pattern=search[1].strip() if search and deed == "search" else "",
        steps=int(steps[1]) if steps else 0,
        at_once=max(1, int(at_once[1])) if at_once else 1,
        times=max(1, int(times[1])) if times else 1,
        slowly=bool(_SLOWLY.search(message)),
        command=command(message),
    )


def command(message: str) -> str:
    """Give the command that a message wants to be run; empty where it wants none."""
    run = _RUN.search(message)
    return run[1] if run else ""


def _deed(message: str, path: str, kind: Kind) -> Deed:
    if _RUN.search(message):
        return "run"
    make = MAKE.search(message)
    read = _READ.search(message)
    if path and read and not (make and make.start() < read.start()):
        return "read"
    if make and (path or kind != "none"):
        return "make"
    if _SEARCH.search(message):
        return "search"
    if _LIST.search(message):
        return "list"
    return "make" if _kind(message) != "none" else "talk"


def _path(message: str) -> str:
    for form in (_QUOTED, _ABSOLUTE, _BARE):
        if match := form.search(message):
            return match[1].removeprefix(f"{MOUNT}/").strip("/")
    return ""


def _kind(message: str) -> Kind:
    for word in re.findall(r"[a-z]+", message.lower()):
        if word in WORDS:
            return WORDS[word]
        if word.endswith("s") and word[:-1] in WORDS:
            return WORDS[word[:-1]]
    return "none"


def _subject(message: str, path: str) -> str:
    if path:  # a name for the path that _STOP knows, so that the subject ends before it
        message = re.sub(rf"[`\"'“]?(?:{MOUNT}/)?{re.escape(path)}[`\"'”]?", "\x00", message)
    for form in (_SUBJECT, _SUBJECT_OF):
        if match := form.search(message):
            subject = _STOP.split(match[1], maxsplit=1)[0].strip(" ,:-\x00")
            if subject:
                return subject[:200]
    return _STOP.split(message.replace("\x00", ""), maxsplit=1)[0].strip()[:200] or "this"


def _invent(kind: Kind, message: str, subject: str) -> str:
    """Name a file that was asked for without a name: a presentation after its subject, a document after its kind."""
    suffix = DEFAULT_SUFFIX[kind]
    if kind == "presentation":
        return f"output/{slug(subject)}.{suffix}"
    word = next(w for w in re.findall(r"[a-z]+", message.lower()) if WORDS.get(w) or WORDS.get(w.removesuffix("s")))
    return f"{word if WORDS.get(word) else word.removesuffix('s')}.{suffix}"


def slug(text: str) -> str:
    """Make a file name of a few words."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words[:8])[:60] or "untitled"
