"""RunTool: one tool call of a step, journalled so that it is not carried out twice unseen.

What the journal of a call says (docs/architecture.md#journal); it stands where the result does in the conversation:

fact     unit  written by     says
at       ms    claimed, done  when it was claimed first; then when its result was written
turn     id    claimed, done  whose it is, where its key has the place of a turn that waited
state          claimed, done  started, done
nonce          claimed, done  who claimed it last; then who wrote the result
until    ms    claimed        before then no other invocation of the same process takes it for lost
process        claimed        `Services.process` of who claimed it last
body_at  path  done           where a large result stands

*claimed* is `_claim`, also by whoever takes the call for lost; *done* is `_finish`. What the caller answers, other than
with a yes, is done without having been claimed (`give` in engine/pause/answering.py). What is done has neither `until`
nor `process`; its body is the `tool_result` block. Names and units are a contract: docs/upgrades.md.
"""

import logging
from collections.abc import Mapping
from typing import Any, Literal

from walkaway_core.agent import tools
from walkaway_core.agent.tools.tool import Result, ToolContext
from walkaway_core.engine import executions
from walkaway_core.engine.pause import asking
from walkaway_core.log import log, transcript
from walkaway_core.log.log import NotApproved, Superseded, Writer
from walkaway_core.ports.items import Absent, Check, Fact, Is, Item, Refused, ms
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import TOOL_RESULT, TOOL_USE_EXECUTING, TOOL_USE_PROGRESS

WAIT = 0.2
PROGRESS_EVERY = 1.0
CUT_OFF = (
    "This call was cut off at the limit of the answer, and was not carried out. "
    "Make it again, with less in it or in several parts."
)
UNKNOWN = (
    "It is not known whether this call was carried out: the worker that ran it disappeared. "
    "Look at the result before you repeat it."
)


def run_tool(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the call that the ticket names; its result stands in the conversation afterwards."""
    ticket = Ticket.read(data)
    try:
        _Call(services, ticket).take()
    except Superseded:
        return ticket.go("over").json()
    return ticket.json()


class _Call:
    """One invocation's handling of a tool call."""

    def __init__(self, services: Services, ticket: Ticket) -> None:
        assert ticket.call is not None
        self._services = services
        turn, self._session, self._settings = executions.current(services, ticket)
        self._record, self._turn = turn, turn.key
        answer = transcript.answer(services, turn.key, ticket.step)
        if answer is None:
            raise Superseded
        self._block = transcript.calls(answer.body["content"])[ticket.call]
        self._broken = answer.body["broken"].get(self._block["id"])
        self._cut = ticket.call == transcript.cut_call(answer.body)
        self._check_allowed()
        self._journal = turn.key.call(ticket.step, ticket.call)
        self._told = services.clock.now()
        self._writer = Writer(turn.key, log.tools_era(ticket.step), services.ids.new("tool_"))

    def _check_allowed(self) -> None:
        """Raise NotApproved for a call that waits for the caller: only a yes makes it ours."""
        name, id_ = self._block["name"], self._block["id"]
        if asking.needs(self._settings, name, whole=self._broken is None and not self._cut) is None:
            return
        request = asking.find(self._services, self._turn.owner, [id_]).get(id_)
        if request is None or request.turn != self._turn or not request.approved:
            raise NotApproved

    def take(self) -> None:
        """Carry the call out, wait for whoever does, or find that it has been done."""
        state = self._claim()
        while state == "wait":
            self._services.clock.sleep(WAIT)
            state = self._claim()
        if state == "mine":
            self._finish(self._run())
        elif state == "unknown":
            self._finish(Result(UNKNOWN, is_error=True))

    def _claim(self) -> Literal["mine", "wait", "done", "unknown"]:
        """Make the journal name this invocation, if it may: not before the owner's deadline, or its process's end."""
        tool = tools.TOOLS.get(self._block["name"])
        until = ms(self._services.clock.now() + (tool.deadline if tool else WAIT))
        nonce, process = self._writer.nonce, self._services.process
        facts: dict[str, Fact] = {"state": "started", "nonce": nonce, "until": until, "process": process}
        executing = {"name": self._block["name"], "id": self._block["id"], "input": self._block["input"]}
        journal = self._services.table.get(self._journal)[0]
        if journal is None:
            about = transcript.about(self._services, self._turn)
            tx = Transaction(self._services.table)
            tx.put(Item(*self._journal, about | facts), Absent())
            return "mine" if self._write([(TOOL_USE_EXECUTING, executing)], tx) else "wait"
        if journal.facts["state"] == "done":
            return "done"
        if journal.facts["nonce"] == nonce:
            return "mine"
        if journal.facts["process"] == process and journal.number("until") > ms(self._services.clock.now()):
            return "wait"
        tx = Transaction(self._services.table)
        tx.change(self._journal, *_started(journal.text("nonce")), set=facts)
        if not self._write([(TOOL_USE_EXECUTING, executing)], tx):
            return "wait"
        return "mine" if tool is None or tool.repeatable else "unknown"

    def _run(self) -> Result:
        if self._cut:
            return Result(CUT_OFF, is_error=True)
        if self._broken is not None:
            return Result(f"The arguments are not a JSON object: {self._broken[:500]}", is_error=True)
        tool = tools.TOOLS.get(self._block["name"])
        there = tools.there(self._services, self._settings)
        if tool is None or tool.name not in there:
            why = tool.missing(self._services) if tool else None
            missing = f"There is no tool {self._block['name']!r}; there are: {', '.join(there) or 'none'}"
            return Result(f"{missing}. {why}" if why else missing, is_error=True)
        fence = Check(*self._journal, self._mine), Check(*self._turn.item, (Is("status", "running"),))
        context = ToolContext(self._services, self._session, fence, self._progress)
        try:
            return tools.use(tool, self._block["input"], context)
        except Superseded:
            raise
        except Exception:
            logging.getLogger(__name__).exception("tool %s broke", tool.name)
            return Result(f"The tool {tool.name} itself broke; this is no fault of the arguments", is_error=True)

    def _progress(self, content: str) -> bool:
        """Tell readers how far the tool is, unless they have just been told. Raises Superseded."""
        now = self._services.clock.now()
        if now < self._told + PROGRESS_EVERY:
            return False
        self._told = now
        tx = Transaction(self._services.table)
        tx.check(self._journal, *self._mine)
        if not self._write([(TOOL_USE_PROGRESS, {"id": self._block["id"], "content": content})], tx):
            raise Superseded
        return True

    def _finish(self, result: Result) -> None:
        """Write the result into the journal and the log, if the journal still names this invocation."""
        body = {
            "type": "tool_result",
            "tool_use_id": self._block["id"],
            "content": result.content,
            "is_error": result.is_error,
        }
        nonce = self._writer.nonce
        done = transcript.result_entry(self._services, self._turn, self._journal, body, nonce)
        event = {"id": self._block["id"], "content": result.content, "is_error": result.is_error}
        tx = Transaction(self._services.table)
        tx.put(done, *self._mine)
        self._services.extensions.projections.call_ended(self._services, tx, self._record, self._block["id"])
        if not self._write([(TOOL_RESULT, event)], tx):
            journal = self._services.table.get(self._journal)[0]
            if journal is None or journal.facts["nonce"] != nonce:
                raise Superseded

    @property
    def _mine(self) -> tuple[Is, Is]:
        return _started(self._writer.nonce)

    def _write(self, drafts: list[log.Draft], tx: Transaction) -> bool:
        """Append events and change the journal in one transaction; False when the journal was not as expected."""
        number = log.open_end(self._services, self._turn, self._writer.era).number
        try:
            log.append(self._services, self._writer, number, drafts, *tx)
        except Refused:
            return False
        return True


def _started(nonce: str) -> tuple[Is, Is]:
    """The condition that a journal says so: begun by this invocation, and not done."""
    return Is("nonce", nonce), Is("state", "started")
