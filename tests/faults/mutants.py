"""Rules of the engine, each with a small patch that removes it and the fault that must notice."""

from dataclasses import dataclass

SLEEPER = "a worker sleeps; its successor does its state"
SLEEPER_END = "a worker sleeps; its successors end the turn"
REPEATED = "a request is repeated, another one comes"
UNKNOWN = "a write takes effect, and nobody knows"
LOST = "a write has no effect, and nobody knows"
DIES_AFTER = "the worker dies after a write"
WAITS, STEERS = "a message comes, and waits", "a message comes, and steers"
SWEPT = "the sweep takes a sleeper for dead"


@dataclass(frozen=True)
class Mutant:
    """In each edit, in a file of the core, the old text becomes the new one; `fault` must then find a violation."""

    rule: str
    fault: str
    edits: tuple[tuple[str, str, str], ...]


MUTANTS = [
    Mutant(
        "R1: the terminal event is put where nothing is",
        "whoever cancels sleeps; the turn goes on",
        (("engine/ending.py", "[ending.draft(turn)]), (Absent(),))", "[ending.draft(turn)]), ())"),),
    ),
    Mutant(
        "R1: an end of unknown outcome is looked up",
        "a cancel has no effect, and nobody knows",
        (
            (
                "engine/ending.py",
                "            if _is_mine(services, key, nonce):\n                break\n            continue",
                "            break",
            ),
        ),
    ),
    Mutant(
        "R1: end, release and outbox in one transaction",
        DIES_AFTER,
        (
            (
                "engine/ending.py",
                "services.table.write(terminal, *told.puts, *release)",
                (
                    "services.table.write(terminal, *told.puts, *release[:2])\n"
                    "            services.table.write(*release[2:])"
                ),
            ),
        ),
    ),
    Mutant(
        "R1: the bus is told by way of the outbox",
        "the bus does not listen",
        (("engine/ending.py", "write(terminal, *told.puts, *release", "write(terminal, *release"),),
    ),
    Mutant(
        "R1: whoever ends a turn has seen what came to wait",
        WAITS,
        (("engine/ending.py", 'Is("inbox", session.inbox), ', ""),),
    ),
    Mutant(
        "R1: a turn that is steered at its end goes on",
        STEERS,
        (("engine/ending.py", 'if ending.status == "completed" and turn.steered > turn.step:', "if False:"),),
    ),
    Mutant(
        "R1: whoever ends a turn has seen what it was told",
        STEERS,
        (("engine/ending.py", '        Is("steers", turn.steers),\n', ""),),
    ),
    Mutant(
        "R1: what a turn is told belongs to a step that has not begun",
        "whoever steers sleeps; the turn goes on",
        (("engine/steering.py", 'Is("begun", turn.begun), ', ""),),
    ),
    Mutant(
        "R1: a message that waits is known by its key",
        "a message waits; somebody dies after a write",
        (("engine/queueing.py", 'once.put(services, key, outcome="queued")', ""),),
    ),
    Mutant(
        "R2: a delta is put where nothing is",
        SLEEPER,
        (("log/deltas.py", "self._flying), (Absent(),))", "self._flying), ())"),),
    ),
    Mutant(
        "R2: an event is put where nothing is",
        SLEEPER,
        (
            (
                "log/log.py",
                "put = Put(item(services, writer, number, drafts), (Absent(),))",
                "put = Put(item(services, writer, number, drafts))",
            ),
        ),
    ),
    Mutant(
        "R2: the fence: a later writer stops an earlier one",
        SLEEPER,
        (("log/log.py", ' or found.number("era") > writer.era', ""),),
    ),
    Mutant(
        "R2: the nonce tells what was written after all",
        UNKNOWN,
        (("log/log.py", 'if found.facts["nonce"] == writer.nonce:', "if False:"),),
    ),
    Mutant(
        "R2: attempts of a step are counted",
        SLEEPER,
        (
            (
                "doors/call_model.py",
                "attempt = last.era % 1000 + 1 if last.era // 1000 == self.number else 1",
                "attempt = 1",
            ),
        ),
    ),
    Mutant(
        "R2: a step begins only where nothing has changed",
        SLEEPER,
        (
            ("doors/call_model.py", "[started]), (Absent(),)),", "[started])),"),
            ("doors/call_model.py", "                Check(*turn.key.entry(self.number), (Absent(),)),\n", ""),
            (
                "doors/call_model.py",
                '"due": later.due},\n                    when=turns.unchanged(turn),\n',
                '"due": later.due},\n',
            ),
        ),
    ),
    Mutant(
        "R2: the end stops everyone",
        "the user cancels",
        (
            ("log/log.py", '"terminal" in found.facts or found', "found"),
            ("engine/ending.py", "LAST_ERA = 10**9", "LAST_ERA = 0"),
        ),
    ),
    Mutant(
        "R3: answer and last event in one transaction",
        DIES_AFTER,
        (
            (
                "doors/model_step.py",
                "            [(STEP_COMPLETED, done)],\n            Put(entry, (Absent(),)),",
                (
                    "            [(STEP_COMPLETED, done)],\n        )\n"
                    "        services.table.write(\n            Put(entry, (Absent(),)),"
                ),
            ),
        ),
    ),
    Mutant(
        "R3: a committed step is not asked for again",
        DIES_AFTER,
        (
            (
                "doors/call_model.py",
                "            if said:\n                return",
                "            if False:\n                return",
            ),
            ("doors/call_model.py", "                Check(*turn.key.entry(self.number), (Absent(),)),\n", ""),
        ),
    ),
    Mutant(
        "R3: an answer is put where nothing is",
        SLEEPER,
        (
            ("doors/model_step.py", "Put(entry, (Absent(),)),", "Put(entry),"),
            (
                "doors/model_step.py",
                "set=facts, add=added, when=turns.unchanged(turn)",
                "set=facts, add=added",
            ),
            ("log/log.py", ' or found.number("era") > writer.era', ""),
        ),
    ),
    Mutant(
        "R4: an unstarted turn has a due item",
        "an execution's start has no effect",
        (("engine/starting.py", "[*made, watch, told, *message", "[*made, told, *message"),),
    ),
    Mutant(
        "R4: the sweep looks at turns",
        "an execution's start has no effect",
        (("doors/sweep.py", '    "turn": _turn,\n', '    "turn": lambda *_: None,\n'),),
    ),
    Mutant(
        "R4: a step moves its due item",
        "an execution disappears with its worker",
        (
            (
                "doors/call_model.py",
                "                *moved,\n                *told.puts,",
                "                *told.puts,",
            ),
        ),
    ),
    Mutant(
        "R5: an old execution's failure does not count",
        "an old execution's failure is told late",
        (("engine/ending.py", "ending.execution not in (None, turn.execution)", "False"),),
    ),
    Mutant(
        "R5: the next execution does what is left of a step",
        SWEPT,
        (("store/turns.py", "max(self.step - 1, 0)", "self.step"),),
    ),
    Mutant(
        "delete: the turn ends with its session",
        "the user deletes the session",
        (("engine/ending.py", '        change["deleted"] = ms(now)\n', ""),),
    ),
    Mutant(
        "delete: the due item brings the broom",
        "whoever sends, runs or deletes dies after a write",
        (("engine/deleting.py", "*told.puts, *moved)", "*told.puts)"),),
    ),
    Mutant(
        "journal: a call is claimed where nobody has",
        SLEEPER,
        (("doors/run_tool.py", "about | facts), (Absent(),))", "about | facts))"),),
    ),
    Mutant(
        "journal: whoever has a call is waited for",
        "an invocation comes twice at once",
        (
            (
                "doors/run_tool.py",
                'if found.facts["process"] == process and found.number("until")',
                'if False and found.number("until")',
            ),
        ),
    ),
    Mutant(
        "journal: a lost call is repeated only if it may be",
        "the worker dies after it touched a file",
        (("doors/run_tool.py", '"mine" if tool is None or tool.repeatable else "unknown"', '"mine"'),),
    ),
    Mutant(
        "journal: a result counts only from the owner",
        SLEEPER,
        (("doors/run_tool.py", "Put(done, self._mine)", "Put(done)"),),
    ),
    Mutant(
        "journal: a tool writes only while its call is its own",
        SLEEPER_END,
        (("agent/tools/tool.py", "            self.stand()\n            try:\n", "            try:\n"),),
    ),
    Mutant(
        "journal: a tool writes over what it saw",
        SLEEPER_END,
        (("agent/tools/tool.py", "contents(), version=seen)", "contents())"),),
    ),
    Mutant(
        "journal: what is done is not done again",
        "an invocation comes again after a later one",
        (
            ("doors/run_tool.py", '            return "done"\n', '            return "mine"\n'),
            ("agent/tools/tool.py", "            self.stand()\n            try:\n", "            try:\n"),
            ("doors/run_tool.py", "Put(done, self._mine)", "Put(done)"),
        ),
    ),
    Mutant(
        "keys: the key is looked up before the session's state",
        REPEATED,
        (
            (
                "engine/sending.py",
                "if once and (found := once.found(services)):",
                "if once and not session.busy and (found := once.found(services)):",
            ),
        ),
    ),
    Mutant(
        "once: the key is written with the claim",
        DIES_AFTER,
        (("engine/starting.py", "        writes.append(once.put(services, key))", "        pass"),),
    ),
    Mutant(
        "start: the session must be free",
        "another request is a moment earlier",
        (
            ("engine/starting.py", "add=beginning.added, when=free)", "add=beginning.added)"),
            ("engine/starting.py", '{"response_id": key.turn})]), (Absent(),))', '{"response_id": key.turn})]))'),
        ),
    ),
    Mutant(
        "start: an unknown outcome is looked up",
        "a start without a key takes effect, unseen",
        (
            (
                "engine/starting.py",
                (
                    "    except Unknown:\n        return turns.load(services, beginning.turn.key)\n"
                    "    return beginning.turn\n\n\ndef with_session"
                ),
                "    except Unknown:\n        return None\n    return beginning.turn\n\n\ndef with_session",
            ),
        ),
    ),
    Mutant(
        "bus: each thing has a number of its own",
        WAITS,
        (("store/outbox.py", '{"told": len(kinds)}, (Is("told", told),)', "{}, ()"),),
    ),
    Mutant(
        "bus: a start that nobody listened to is told later",
        "the bus does not listen",
        (("doors/call_model.py", "                *told.puts,\n", ""),),
    ),
    Mutant(
        "runs: a run is counted where it moves",
        "a run; a write has no effect, unseen",
        (("engine/ending.py", "due.drop(turn.key.turn, turn.due), *listed]", "due.drop(turn.key.turn, turn.due)]"),),
    ),
    Mutant(
        "runs: a run is taken off the list once",
        "a run that is deleted; somebody dies",
        (("dialects/runs/runs.py", "    writes = index.gone(", "    writes = []; index.gone("),),
    ),
    Mutant(
        "pause: of two answers one is kept",
        "a pause; somebody else answers otherwise",
        (
            ("engine/pause/answering.py", 'set=facts, when=(Lacks("answer"),))', "set=facts)"),
            ("engine/pause/answering.py", "journal, body, nonce), (Absent(),))]", "journal, body, nonce))]"),
            (
                "engine/pause/answering.py",
                'set={"due": later.due}, when=turns.unchanged(turn))',
                'set={"due": later.due})',
            ),
        ),
    ),
    Mutant(
        "pause: an answer, its result and its event in one transaction",
        "a pause; somebody dies after a write",
        (
            (
                "engine/pause/answering.py",
                "[event], kept, *more, soon, *moved)",
                "[event], kept, soon, *moved)\n            more and services.table.write(*more)",
            ),
        ),
    ),
    Mutant(
        "pause: a call is asked once",
        "a pause; the worker dies after a state",
        (("doors/request_client_tools.py", "if turn.asked < ticket.step:", "if turn:"),),
    ),
    Mutant(
        "pause: the bus is told of it by way of the outbox",
        "a pause; somebody dies after a write",
        (("engine/pause/parking.py", "        *told.puts,\n", ""),),
    ),
    Mutant(
        "webhooks: an event is written once for each address",
        "webhooks; all messages come twice",
        (("notify/deliveries.py", "Put(item, (Absent(),)), watch, *forget", "Put(item), watch, *forget"),),
    ),
    Mutant(
        "webhooks: an attempt is made by one alone",
        "webhooks; a message comes twice at once",
        (
            ("notify/deliveries.py", 'set={"due": due_key}, when=same)', 'set={"due": due_key})'),
            ("notify/attempts.py", 'or found.state != "pending" or found.due != message["due"]', ""),
        ),
    ),
    Mutant(
        "webhooks: the due index brings attempts back",
        "webhooks; the queue forgets attempts",
        (("notify/deliveries.py", "Put(item, (Absent(),)), watch, *forget", "Put(item, (Absent(),)), *forget"),),
    ),
    Mutant(
        "webhooks: the next attempt is due when this one is recorded",
        "webhooks; somebody dies after a write",
        (("notify/attempts.py", "**_with(delivery, about)}, *moved)", "**_with(delivery, about)})"),),
    ),
    Mutant(
        "pause: who keeps an answer has somebody look at the turn soon",
        "an answer, or a yes that nobody repeats; its server dies after a write",
        (("engine/pause/answering.py", "*more, soon, *moved", "*more"),),
    ),
]
