"""Thinking that callers keep: sealed in `encrypted_content` of a `reasoning` item, and taken back (contract D.13).

What is sealed has `thinking` and `signature` of the model service, and, where that binds thinking to what stood before
it, `prefix` and `bare` as the answer's entry says them (log/transcript.py).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from walkaway_core.store import seals
from walkaway_core.store.services import Services

PURPOSE, COMPACTION = "reasoning", "compaction"
KEPT: Final = ("thinking", "signature", "prefix", "bare")
INCLUDE: Final = "reasoning.encrypted_content"
LEFT: Final = (
    "{}: reasoning that was not sealed here for this tenant, or with a key that has gone, is left out; the answer "
    "is given without it"
)
ALONE: Final = "{}: reasoning that no answer of the model's follows, or that follows calls of the server's, is left out"
LOST: Final = "{}: a compaction that was not sealed here for this tenant, or with a key that has gone, is left out"

Sealed = Mapping[str, Any]
Open = Callable[[str, str], Sealed | None]
"""Opens an `encrypted_content` that was sealed for a purpose; None for one that was not sealed here for this tenant."""


def signed(block: Mapping[str, Any]) -> bool:
    """Whether the model service takes it back."""
    return bool(block.get("signature"))


def seal(key: str, about: Mapping[str, Any]) -> str:
    """Seal thinking; empty without a key, or without a signature."""
    if not (key and signed(about)):
        return ""
    return seals.seal(key, PURPOSE, {name: about[name] for name in KEPT if about.get(name) or name == "thinking"})


def opener(services: Services, tenant: str) -> Open:
    """Give what opens seals of a tenant's. The key is read when it is needed first."""
    keys: list[str] = []

    def open_(purpose: str, sealed: str) -> Sealed | None:
        keys[:] = keys or [seals.key(services, tenant)]
        return seals.unseal(keys[0], purpose, sealed)

    return open_


class Thoughts:
    """The thinking of an input, put back into the messages that it is read as."""

    def __init__(self, open_: Open) -> None:
        self.rebound = False
        """Whether calls have come before that have other ids now: thinking that is bound is not what it was."""
        self._open = open_
        self._left: list[str] = []
        self._lost: list[str] = []
        self._alone: list[str] = []
        self._taken: list[tuple[dict[str, Any], str]] = []
        self._gaps: set[int] = set()
        """Of messages, those whose own thinking is left out."""

    def take(self, messages: list[dict[str, Any]], item: Mapping[str, Any], where: str) -> None:
        """Take in a `reasoning` item."""
        sealed = item.get("encrypted_content")
        found = self._open(PURPOSE, sealed) if isinstance(sealed, str) else None
        behind = bool(messages) and messages[-1]["role"] == "assistant"
        if found is None or (self.rebound and found.get("prefix")):
            (self._left if found is None else self._alone).append(where)
            self._gaps.add(len(messages) - behind)
            return
        if not behind:
            messages.append({"role": "assistant", "content": []})
        block = {"type": "thinking", "thinking": found["thinking"], "signature": found["signature"]}
        messages[-1]["content"].append(block)
        messages[-1] |= {name: found[name] for name in ("prefix", "bare") if found.get(name)}
        self._taken.append((block, where))

    def summary(self, item: Mapping[str, Any], where: str) -> str:
        """Read a `compaction` item: what stands for all that was said before it; empty for one that nobody can read."""
        sealed = item.get("encrypted_content")
        found = self._open(COMPACTION, sealed) if isinstance(sealed, str) else None
        self._lost += [] if found else [where]
        return str(found["summary"]) if found else ""

    def close(self, messages: list[dict[str, Any]]) -> list[str]:
        """Leave out what no answer follows, and say of each answer what its thinking is bound to; give the notes.

        An answer without thinking was bound to what the one before it was; one whose thinking is left out is not said
        to be, since what may be missing is a beginning.
        """
        prefix = ""
        for number, message in enumerate(messages):
            if message["role"] == "assistant" and number not in self._gaps:
                prefix = message.get("prefix", prefix)
                message.update({"prefix": prefix} if prefix else {})
        for message in messages:
            while (
                message["role"] == "assistant" and message["content"] and message["content"][-1]["type"] == "thinking"
            ):
                last = message["content"].pop()
                self._alone += [where for block, where in self._taken if block is last]
        messages[:] = [message for message in messages if message["content"]]
        named = ((LEFT, self._left), (ALONE, self._alone), (LOST, self._lost))
        return [said.format(_listed(places)) for said, places in named if places]


def _listed(places: Sequence[str]) -> str:
    more = len(places) - 10
    return ", ".join(places[:10]) + (f" and {more} more" if more > 0 else "")
