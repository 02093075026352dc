"""What the model service has refused to read: the turn fails, and from the next one on it is left out."""

from collections.abc import Sequence

from walkaway_core.agent import prompt
from walkaway_core.doors.open_step import OpenStep
from walkaway_core.log import log, omissions, transcript
from walkaway_core.log.conversation import shown
from walkaway_core.log.late_results import Place
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.model import ContentRefused, ModelRefused
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import STEP_ADJUSTED


def leave_out(services: Services, begun: OpenStep, entries: Sequence[Entry], refusal: ContentRefused) -> None:
    """Note what of these entries, which the refused call had, is not to be sent again. An event says so.

    Raises Superseded.
    """
    left = _blamed(entries, _place(services, begun, entries, refusal))
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


def _blamed(entries: Sequence[Entry], named: Place | None) -> list[Place]:
    """Say what is at fault: the block that the service named, else all that it has never answered to.

    Where that has not helped, or there is none, it is what was attached before.
    """
    gone = {
        (id_, block) for entry in entries if entry.body.get("role") == "refused" for id_, block in entry.body["left"]
    }
    spoken = [entry for entry in shown(entries) if "content" in entry.body]
    answered = max((entry.id for entry in spoken if entry.body.get("role") == "assistant"), default="")
    new = [place for entry in spoken if entry.id > answered for place in _places(entry) if place not in gone]
    old = [place for entry in spoken if entry.id < answered for place in _attached(entry) if place not in gone]
    again = any(entry.body.get("role") == "refused" and entry.id > answered for entry in entries)
    if named in new or (named in old and not again):
        return [named] if named else []
    if named in old:
        return old
    return [*new, *old] if again or not new else new


def _places(entry: Entry) -> list[Place]:
    return [(entry.id, block) for block in range(omissions.parts(entry))]


def _attached(entry: Entry) -> list[Place]:
    """Name what is no text of a message: the service may have taken it alone, or for another model, and not now."""
    if entry.call is not None:
        return [(entry.id, 0)] if omissions.attached(entry.body) else []
    if entry.body.get("role") != "user":
        return []
    return [(entry.id, index) for index, block in enumerate(entry.body["content"]) if omissions.attached(block)]
