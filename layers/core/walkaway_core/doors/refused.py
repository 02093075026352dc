"""What the model service has refused to read: the turn fails, and from the next one on it is left out."""

from collections.abc import Sequence

from walkaway_core.agent import prompt
from walkaway_core.doors.open_step import OpenStep
from walkaway_core.log import log, omissions, transcript
from walkaway_core.log.conversation import Place
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.model import ContentRefused, ModelRefused
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import STEP_ADJUSTED


def leave_out(services: Services, begun: OpenStep, entries: Sequence[Entry], refusal: ContentRefused) -> None:
    """Note what is not to be sent again: the block that the service named, or all that it has never answered to.

    It is all where the name cannot be right, or has not helped. An event says so. Raises Superseded.
    """
    named, new = _place(services, begun, entries, refusal), _unanswered(entries)
    again = any(entry.body.get("role") == "refused" for entry in entries if not new or entry.id > new[0][0])
    left = [named] if named and not again and (named in new or _is_attachment(entries, named)) else new
    if not left:
        return
    key, nonce, reason = begun.turn.key, begun.writer.nonce, str(refusal)
    tx = Transaction(services.table)
    tx.put(transcript.refused_entry(services, key, begun.step, nonce, reason=reason, left=left))
    told = {"step": begun.step, "left_out": [f"{entry}:{block}" for entry, block in left], "reason": reason}
    number = log.open_end(services, key, begun.writer.era).number
    log.append(services, begun.writer, number, [(STEP_ADJUSTED, told)], *tx)


def check(last: Entry, begun: OpenStep) -> None:
    """Raise ModelRefused when this step was refused before, and whoever noted it could not say so any more."""
    if last.body.get("role") == "refused" and (last.turn, last.step) == (begun.turn.key.turn, begun.step):
        raise ModelRefused(last.body["reason"])


def _place(services: Services, begun: OpenStep, entries: Sequence[Entry], refusal: ContentRefused) -> Place | None:
    """Say where the block stands that the service named, if it named one, and if that is somebody's."""
    if refusal.where is None:
        return None
    asked = prompt.prompt(services, entries, begun.turn.key.tenant, begun.settings, bare=begun.remedies.bare)
    return asked.place(*refusal.where)


def _is_attachment(entries: Sequence[Entry], place: Place) -> bool:
    """Whether a block is one that the service may have taken alone, and does not take with others."""
    blocks = next((entry.body["content"] for entry in entries if entry.id == place[0]), ())
    return place[1] < len(blocks) and "source" in blocks[place[1]]


def _unanswered(entries: Sequence[Entry]) -> list[Place]:
    """Name all that was said behind the model's last answer; its own words it has accepted."""
    spoken = [entry for entry in transcript.shown(entries) if "content" in entry.body]
    last = max((entry.id for entry in spoken if entry.body.get("role") == "assistant"), default="")
    new = [entry for entry in spoken if entry.id > last]
    return [(entry.id, block) for entry in new for block in range(omissions.parts(entry))]
