"""One tool call of a step, journalled so that it is not carried out twice unseen.

What the journal of a call says (docs/architecture.md#journal); it stands where the result does in the conversation:

fact     unit  written by     says
at       ms    claimed, done  when it was claimed first; then when its result was written
turn     id    claimed, done  whose it is, where its key has the place of a turn that waited
state          claimed, done  started, done
nonce          claimed, done  who claimed it last; then who wrote the result
until    ms    claimed        before then no other invocation of the same process takes it for lost
process        claimed        `Services.process` of who claimed it last
body_at  path  done           where a large result stands

*claimed* is `begin`, and `claim`, also by whoever takes the call for lost; *done* is `end`. What the caller answers,
other than with a yes, is done without having been claimed (`give` in engine/pause/answering.py). What is done has
neither `until` nor `process`; its body is the `tool_result` block. Names and units are a contract: docs/upgrades.md.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from walkaway_core.agent import tools
from walkaway_core.agent.tools.tool import Result, Tool, ToolContext
from walkaway_core.doors import call_order, call_words, tool_limit
from walkaway_core.engine.executions import Current
from walkaway_core.errors import Unavailable
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, Superseded, Writer
from walkaway_core.ports import patience
from walkaway_core.ports.items import Absent, Check, Fact, Is, Item, Refused, ms
from walkaway_core.store import changes
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext
from walkaway_wire.events import FILE_CHANGED, TOOL_RESULT, TOOL_USE_EXECUTING, TOOL_USE_PROGRESS

WAIT = 0.2
"""Seconds for which a call of no tool is somebody's."""
PROGRESS_EVERY = 1.0


Claimed = Literal["mine", "wait", "done", "unknown"]


class ToolCall:
    """A call of a committed step, as one invocation handles it: the journal knows that by its `nonce`."""

    def __init__(  # noqa: PLR0917 - what is known of it
        self,
        services: Services,
        current: Current,
        answer: Mapping[str, Any],
        place: tuple[int, int],
        nonce: str,
        number: int | None = None,
    ) -> None:
        """`place`: the step whose `answer` it is, and which of its calls, from 0. `number`: where the log ended."""
        self._place = place
        step, index = place
        self._services = services
        self._record, self._session, self._settings = current
        self._turn = self._record.key
        self.index = index
        self._answer = answer
        self.block = transcript.calls(answer["content"])[index]
        self._broken = answer["broken"].get(self.block["id"])
        self._cut = index == transcript.cut_call(answer)
        self._tool = tools.of_server(self._settings, self.block["name"])
        self.journal = self._turn.call(step, index)
        self._nonce = nonce
        self._told = services.clock.monotonic()
        self._era = log.tools_era(step)
        self.number = number
        """Where the log ended when this call last knew; None where others write beside it, or nobody has said."""

    @property
    def whole(self) -> bool:
        """Whether the model has said all of it, and its arguments are an object."""
        return self._broken is None and not self._cut

    @property
    def light(self) -> bool:
        """Whether it is answered within seconds and with nothing but the workspace."""
        return not self.whole or self._tool is None or self._tool.light

    @property
    def lease(self) -> float:
        """Seconds after which it counts as lost, if nobody says what came of it."""
        return self._tool.lease() if self._tool else WAIT

    def begin(self, tx: Transaction, seconds: float) -> Draft:
        """Claim a call that nobody can have claimed before, for so many seconds; give the event that says so."""
        about = transcript.about(self._services, self._turn)
        tx.put(Item(*self.journal, about | self._started(seconds)), Absent())
        return self._executing

    def claim(self) -> Claimed:
        """Make the journal name this invocation, if it may: not before the owner's deadline, or its process's end.

        Raises Superseded when the turn is over or has gone on.
        """
        return self.claim_as(self._services.table.get(self.journal)[0])

    def claim_as(self, journal: Item | None) -> Claimed:
        """Do that while the journal is as it was read."""
        seconds = self.lease
        tx = Transaction(self._services.table)
        if journal is None:
            return "mine" if self._write([self.begin(tx, seconds)], tx) else "wait"
        if journal.facts["state"] == "done":
            return "done"
        if journal.facts["nonce"] == self._nonce:
            return "mine"
        theirs = journal.facts["process"] == self._services.process
        if theirs and journal.number("until") > ms(self._services.clock.now()):
            return "wait"
        tx.change(self.journal, *_started(journal.text("nonce")), set=self._started(seconds))
        if not self._write([self._executing], tx):
            return "wait"
        return "mine" if self._tool is None or self._tool.repeatable else "unknown"

    def carry_out(self) -> Result:
        """Do what the model asked for, or say why not. Raises Superseded when the call is no longer this worker's."""
        if self._cut:
            return Result(call_words.CUT_OFF, is_error=True)
        if self._broken is not None:
            return Result(f"The arguments {call_words.wrong(self._broken)}", is_error=True)
        tool, settings = self._tool, self._settings
        there = tools.there(self._services, settings)
        if tool is None or tool.name not in there:
            why = tool.missing(self._services) if tool else None
            missing = f"There is no tool {self.block['name']!r}; there are: {', '.join(there) or 'none'}"
            return Result(f"{missing}. {why}" if why else missing, is_error=True)
        if beyond := tool_limit.reached(self._services, self._record, settings, self._answer, *self._place):
            return Result(beyond, is_error=True)
        fence = Check(*self.journal, self._mine), Check(*self._turn.item, (Is("status", "running"),))
        earlier = call_order.before(self._turn, settings, self._answer, self._place) if tool.in_order else ()
        context = ToolContext(
            self._services, self._session, fence, self._progress, nonce=self._nonce, earlier=earlier, settings=settings
        )
        result = self._used(tool, context)
        return replace(result, changed=tuple(context.changed.values()))

    def _used(self, tool: type[Tool], context: ToolContext) -> Result:
        """Use a tool. Raises Superseded."""
        try:
            return tools.use(tool, self.block["input"], context)
        except Superseded:
            raise
        except Exception as error:
            if why := patience.reason(error):
                return Result(f"{why}: nothing can be written now. Go on without it, or try again later", is_error=True)
            logging.getLogger(__name__).exception("tool %s broke", tool.name)
            return Result(f"The tool {tool.name} itself broke; this is no fault of the arguments", is_error=True)

    def end(self, tx: Transaction, result: Result) -> list[Draft]:
        """Write the result into the journal, if that still names this invocation, and what has changed beside it.

        Gives the events that say so.
        """
        told = {"content": jsontext.whole(result.words), "is_error": result.is_error}
        content = told["content"] if isinstance(result.content, str) else result.content
        body = {"type": "tool_result", "tool_use_id": self.block["id"], "content": content, "is_error": result.is_error}
        done = transcript.result_entry(self._services, self._turn, self.journal, body, self._nonce)
        tx.put(done, *self._mine)
        self._services.extensions.projections.call_ended(self._services, tx, self._record, self.block["id"])
        if result.along:
            result.along(tx)
        return [*self._changed(tx, result), (TOOL_RESULT, {"id": self.block["id"], **told})]

    def _changed(self, tx: Transaction, result: Result) -> list[Draft]:
        if not result.changed:
            return []
        files = [file.shown(self.block["id"]) for file in result.changed]
        changes.of_call(self._services, tx, self._turn, self._place, self._nonce, files)
        return [(FILE_CHANGED, file) for file in files]

    def finish(self, result: Result, *, again: bool = True) -> None:
        """Write the result into the journal and the log. Raises Superseded when somebody else has the call.

        What goes along with it is tried `again` where it was refused: what it looks at may have changed a moment ago.
        """
        tx = Transaction(self._services.table)
        if not self._write(self.end(tx, result), tx):
            journal = self._services.table.get(self.journal)[0]
            if journal is None or journal.facts["nonce"] != self._nonce:
                raise Superseded
            if result.along and journal.facts["state"] == "started":
                self.finish(result if again else Result(call_words.NOT_KEPT, is_error=True), again=False)
                return
        try:
            result.afterwards()
        except Exception:
            logging.getLogger(__name__).exception("%s could not tidy up; whoever comes next does", self.block["name"])

    def _progress(self, content: str) -> bool:
        """Tell readers how far the tool is, unless they have just been told. Raises Superseded."""
        now = self._services.clock.monotonic()
        if now < self._told + PROGRESS_EVERY:
            return False
        self._told = now
        tx = Transaction(self._services.table)
        tx.check(self.journal, *self._mine)
        try:
            with patience.within(0):  # who tells it may hold the very room that is missing
                if not self._write(
                    [(TOOL_USE_PROGRESS, {"id": self.block["id"], "content": jsontext.whole(content)})], tx
                ):
                    raise Superseded
        except Unavailable:
            return False
        return True

    def _started(self, seconds: float) -> dict[str, Fact]:
        until = ms(self._services.clock.now() + seconds)
        return {"state": "started", "nonce": self._nonce, "until": until, "process": self._services.process}

    @property
    def _executing(self) -> Draft:
        return TOOL_USE_EXECUTING, {"name": self.block["name"], "id": self.block["id"], "input": self.block["input"]}

    @property
    def _mine(self) -> tuple[Is, Is]:
        return _started(self._nonce)

    def _write(self, drafts: list[Draft], tx: Transaction) -> bool:
        """Append events and change the journal in one transaction; False when the journal was not as expected.

        Each time under a nonce of its own: a tool that nobody waits for any more may tell of itself at the same time.
        """
        number = self.number
        if number is None:
            number = log.open_end(self._services, self._turn, self._era).number
        writer = Writer(self._turn, self._era, self._services.ids.new("tool_"))
        try:
            after = log.append(self._services, writer, number, drafts, *tx)
        except Refused:
            return False
        if self.number is not None:
            self.number = after
        return True


def _started(nonce: str) -> tuple[Is, Is]:
    """The condition that a journal says so: begun by this invocation, and not done."""
    return Is("nonce", nonce), Is("state", "started")
