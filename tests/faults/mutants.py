"""Rules of the engine, each with a small patch that removes it and the fault that must notice."""

from dataclasses import dataclass

SLEEPER = "a worker sleeps; its successor does its state"
SLEEPER_END = "a worker sleeps; its successors end the turn"
REPEATED = "a request is repeated, another one comes"
UNKNOWN = "a write takes effect, and nobody knows"
LOST = "a write has no effect, and nobody knows"
DIES_AFTER = "the worker dies after a write"
TOUCHED = "the worker dies after it touched a file"
WAITS, STEERS = "a message comes, and waits", "a message comes, and steers"
SWEPT = "the sweep takes a sleeper for dead"
CLAIMS = "tests/engine/pause/test_claiming.py"
FIRING = "tests/schedules/test_firing.py"
PRUNES = "tests/schedules/test_pruning.py"
SCRATCH = "Transaction(services.table)"
"""A transaction that nobody commits: what is written into it is left out."""
UNTOLD = "*(write for write in tx if write.key not in {notice.key for notice in notices})"
"""The writes of a transaction but for those that have the bus told."""

ALONE = "all(isinstance(write, Put) for write in writes)"
BEHIND = (
    f"write_behind(*(Put(write.item) for write in (put, *writes))) if {ALONE} else services.table.write(put, *writes)"
)
"""A transaction that only puts, not waited for."""


@dataclass(frozen=True)
class Mutant:
    """In each edit, in a file of the core, the old text becomes the new one; `fault` must then find a violation.

    Instead of a fault it can be a test by its id, of what no turn shows: how long is waited, what a request is told.
    """

    rule: str
    fault: str
    edits: tuple[tuple[str, str, str], ...]


MUTANTS = [
    Mutant(
        "creates: the key of a session is written with it",
        "a session under a key, repeated; a write takes effect, unseen",
        (("engine/creating.py", "    if once:\n        once.keep_made(tx, services, session.key.session)\n", ""),),
    ),
    Mutant(
        "creates: the key of an agent is written with it",
        "an agent under a key, repeated; a write takes effect, unseen",
        (("agent/agents.py", "    if once:\n        once.keep_made(tx, services, id_)\n", ""),),
    ),
    Mutant(
        "creates: the key of a webhook is written with it",
        "a webhook under a key, repeated; a write takes effect, unseen",
        (("notify/endpoints.py", "    if once:\n        once.keep_made(tx, services, id_)\n", ""),),
    ),
    Mutant(
        "creates: a key is taken once",
        "a session under a key; the same comes at once",
        (("store/idempotency.py", "expires=until), Absent())", "expires=until))"),),
    ),
    Mutant(
        "creates: what is refused is looked for under its key",
        "an agent under a key; the same comes at once",
        (("store/idempotency.py", "if once is None or once.made(services) is None:", "if True:"),),
    ),
    Mutant(
        "schedules: of two sweeps at once one fires",
        "a schedule fires; two sweeps come at once",
        (
            (
                "schedules/ticking.py",
                'Is("version", schedule.version),  # of two sweeps at once one fires; a change a moment earlier wins',
                "",
            ),
            ("schedules/firings.py", "tx.put(item, Absent())  # each", "tx.put(item)  # each"),
        ),
    ),
    Mutant(
        "schedules: a firing begins one turn",
        "a schedule fires; two sweeps come at once",
        (
            (
                "schedules/settling.py",
                'Is("version", schedule.version),  # of two firings at once one begins; a change a moment earlier wins',
                "",
            ),
            ("schedules/settling.py", 'Is("due", firing.due),  # of two that act on it one closes it', ""),
        ),
    ),
    Mutant(
        "schedules: a firing is closed with the beginning of its turn",
        "a schedule fires; somebody dies after a write",
        (
            (
                "schedules/settling.py",
                "        _close(tx, firing, told)\n",
                "        _close(alone := Transaction(services.table), firing, told)\n        alone.commit()\n",
            ),
        ),
    ),
    Mutant(
        "schedules: a firing is watched from when it is written",
        "a schedule fires; somebody dies after a write",
        (
            (
                "schedules/firings.py",
                'due.watch(tx, now + ACT_WITHIN, "firing"',
                f'due.watch({SCRATCH}, now + ACT_WITHIN, "firing"',
            ),
        ),
    ),
    Mutant(
        "schedules: a change loses nothing that was written meanwhile",
        "a schedule is changed when it is due; a sweep comes",
        (("schedules/resource.py", 'tx.put(item, Is("version", old.version))', "tx.put(item)"),),
    ),
    Mutant(
        "schedules: the key of a run is written with it",
        "a schedule is run by hand, repeated; a write takes effect, unseen",
        (("schedules/by_hand.py", "    if once:\n        once.keep_made(tx, services, id_)\n", ""),),
    ),
    Mutant(
        "schedules: what is left of a backfill is watched",
        "a schedule's past is made up for, repeated; somebody dies after a write",
        (
            (
                "schedules/by_hand.py",
                'due.watch(tx, services.clock.now() + GO_ON, "firing", _left(batch, ticks), detail)',
                f'due.watch({SCRATCH}, services.clock.now() + GO_ON, "firing", _left(batch, ticks), detail)',
            ),
        ),
    ),
    Mutant(
        "schedules: a time that has its firing gets no other",
        "tests/schedules/test_firing.py::test_a_clock_that_is_set_back_fires_nothing_twice",
        (("schedules/ticking.py", "    ticks = _new(services, schedule, ticks) if ticks else []\n", ""),),
    ),
    Mutant(
        "schedules: a burst that takes minutes misses nothing",
        "tests/schedules/test_firing.py::test_a_burst_of_minutes_misses_nothing",
        (("schedules/ticking.py", "rounds.since(services) if late else now", "now"),),
    ),
    Mutant(
        "schedules: what a clock leaps over is told",
        "a schedule fires; the clock jumps back and forth between writes",
        (("schedules/ticks.py", "if given_up := count - len(late):", "if given_up := 0:"),),
    ),
    Mutant(
        "schedules: what a firing has begun is not in its own way",
        f"{PRUNES}::test_one_that_interrupts_does_not_stop_what_it_has_begun_itself",
        (("schedules/firing.py", "    if last and last.by == firing.id:\n", "    if False:\n"),),
    ),
    Mutant(
        "schedules: a session that goes is counted with that",
        "a schedule deletes sessions; somebody dies after a write",
        (
            (
                "schedules/pruning.py",
                "along=count):\n",
                f"along=lambda _: None):\n            count(alone := {SCRATCH})\n            alone.commit()\n",
            ),
        ),
    ),
    Mutant(
        "schedules: deleting is watched from when it begins",
        "a schedule deletes sessions; somebody dies after a write",
        (("schedules/pruning.py", "sk = due.watch(tx,", f"sk = due.watch({SCRATCH},"),),
    ),
    Mutant(
        "schedules: a session that is used meanwhile stays",
        f"{PRUNES}::test_what_is_used_meanwhile_stays",
        (("schedules/pruning.py", " or ms(session.last_activity) > since:", ":"),),
    ),
    Mutant(
        "schedules: what is stopped deletes nothing more",
        f"{PRUNES}::test_what_is_stopped_deletes_nothing_more",
        (("schedules/pruning.py", 'firing.key, Is("pruning", IN_PROGRESS), add', "firing.key, add"),),
    ),
    Mutant(
        "schedules: deleting ends once",
        f"{PRUNES}::test_what_is_stopped_deletes_nothing_more",
        (("schedules/pruning.py", 'Is("due", firing.due),  # it ends once, and the item to drop is that one', ""),),
    ),
    Mutant(
        "schedules: how far deleting is goes only on",
        f"{PRUNES}::test_whoever_comes_late_sets_nothing_back",
        (
            (
                "schedules/pruning.py",
                'Is("due", firing.due),  # of two that go on one does, and nobody has stopped it',
                "",
            ),
        ),
    ),
    Mutant(
        "schedules: deleting goes on where it was",
        f"{PRUNES}::test_it_goes_on_where_it_was",
        (("schedules/pruning.py", '"cursor": seen}', '"cursor": ""}'),),
    ),
    Mutant(
        "schedules: deleting ends with its schedule",
        f"{PRUNES}::test_deleting_the_schedule_stops_it_and_pausing_does_not",
        (("schedules/pruning.py", "schedules.load(services, firing.tenant, firing.schedule) is None", "False"),),
    ),
    Mutant(
        "schedules: the end of a turn wakes what waits for it",
        f"{PRUNES}::test_the_end_of_a_turn_wakes_what_waits_for_it",
        (("dialects/native/__init__.py", "projections=(Waiting(), Waking())", "projections=(Waiting(),)"),),
    ),
    Mutant(
        "schedules: what will do no better is paused by the end of its turn, not by the next firing",
        f"{FIRING}::test_a_model_that_its_service_does_not_know_pauses_it_at_once",
        (("schedules/waking.py", "if after.code in HOPELESS:", "if False:"),),
    ),
    Mutant(
        "schedules: a change that was made since wins against a pause",
        f"{FIRING}::test_what_was_changed_since_the_turn_began_is_not_paused",
        (("schedules/settling.py", " or found.updated_at > turn.created_at", ""),),
    ),
    Mutant(
        "schedules: what has come fires before a change",
        "a schedule fires; a write has no effect, unseen",
        (
            (
                "schedules/resource.py",
                "ticking.up_to_now(services, schedules.find(services, tenant, called))",
                "schedules.find(services, tenant, called)",
            ),
        ),
    ),
    Mutant(
        "feed: what the bus is told is written into the feed",
        "tests/dialects/native/test_feed.py::test_it_has_what_happens_to_sessions_and_turns",
        (("store/outbox.py", "    tx.put(feed.item(notice, session))\n", ""),),
    ),
    Mutant(
        "files of a turn: what a call has changed is written with its result",
        DIES_AFTER,
        (
            (
                "doors/tool_call.py",
                "changes.of_call(self._services, tx,",
                "changes.of_call(self._services, Transaction(self._services.table),",
            ),
        ),
    ),
    Mutant(
        "feed: a cursor looks back as far as a write may take",
        "tests/log/test_feed_readers.py",
        (("log/feed_readers.py", "HORIZON = 120.0", "HORIZON = 0.0"),),
    ),
    Mutant(
        "feed: a cursor that is ahead of the clock settles nothing",
        "tests/log/test_feed_readers.py",
        (("log/feed_readers.py", 'return replace(self, settled="")', "return self"),),
    ),
    Mutant(
        "feed: what is behind the horizon is not settled by an id that somebody sends",
        "tests/log/test_feed_readers.py",
        (("log/feed_readers.py", "if not place.is_bare or place.settled <= settled:", "if place:"),),
    ),
    Mutant(
        "feed: who reads on looks back when the clock is set back",
        "tests/log/test_feed_readers.py",
        (("log/feed_readers.py", "if self._horizon < min(before, self._place.settled):", "if False:"),),
    ),
    Mutant(
        "feed: what came into sight late is named, and given",
        "tests/log/test_feed_readers.py",
        (("log/feed_readers.py", "late = self._place.known.added(ids)", "late = set()"),),
    ),
    Mutant(
        "index: a session leaves the list of those that wait when its turn goes on",
        "a pause; somebody dies after a write",
        (
            (
                "dialects/native/index.py",
                "elif before.parked and not after.parked:\n            tx.delete(key)",
                "elif before.parked and not after.parked:\n            pass",
            ),
        ),
    ),
    Mutant(
        "index: a session is listed among those that wait in the transaction that lets it wait",
        "tests/dialects/native/test_index.py",
        (("dialects/native/index.py", 'tx.put(Item(*key, {"turn": after.key.turn}))', "pass"),),
    ),
    Mutant(
        "once: what makes something keeps its key in the same transaction",
        "tests/store/test_idempotency.py::TestMaking",
        (("engine/creating.py", "once.keep_made(tx, services, session.key.session)", "pass"),),
    ),
    Mutant(
        "R1: the terminal event is put where nothing is",
        "whoever cancels sleeps; the turn goes on",
        (("engine/ending.py", "tx.put(terminal, Absent())", "tx.put(terminal)"),),
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
        "whoever cancels dies",
        (
            (
                "engine/ending.py",
                "tx.commit()",
                "writes = [*tx]; services.table.write(*writes[:3]); services.table.write(*writes[3:])",
            ),
        ),
    ),
    Mutant(
        "R1: the bus is told by way of the outbox",
        "the bus does not listen",
        (
            (
                "doors/model_step.py",
                "written.terminal], *tx)",
                f"written.terminal], {UNTOLD.replace('notices}', 'written.notices}')})",
            ),
        ),
    ),
    Mutant(
        "R1: whoever ends a turn has seen what came to wait",
        WAITS,
        (
            ("engine/releasing.py", 'Is("inbox", session.inbox), ', ""),
            ("store/outbox.py", 'Is("told", told), ', ""),  # who comes to wait is told of, and so counted as well
        ),
    ),
    Mutant(
        "R1: a turn that is steered at its end goes on",
        STEERS,
        (("engine/ending.py", 'if ending.status == "completed" and turn.steered > turn.step:', "if False:"),),
    ),
    Mutant(
        "R1: whoever ends a turn has seen what it was told",
        STEERS,
        (("engine/ending.py", 'Is("steers", turn.steers), ', ""),),
    ),
    Mutant(
        "R1: what a turn is told belongs to a step that has not begun",
        "whoever steers sleeps; the turn goes on",
        (("engine/steering.py", 'Is("begun", turn.begun), ', ""),),
    ),
    Mutant(
        "R1: a message that waits is known by its key",
        "a message waits; somebody dies after a write",
        (("engine/queueing.py", 'once.keep(tx, services, key, "queued")', "pass"),),
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
        (("log/log.py", " or _behind(entry).era > writer.era", ""),),
    ),
    Mutant(
        "R2: the nonce tells what was written after all",
        UNKNOWN,
        (("log/log.py", 'if entry.facts.get("nonce") == writer.nonce:', "if False:"),),
    ),
    Mutant(
        "durability: what acts on the world is claimed for good before",
        TOUCHED,
        (("log/log.py", "services.table.write(put, *writes)", f"services.table.{BEHIND}"),),
    ),
    Mutant(
        "R2: attempts of a step are counted",
        SLEEPER,
        (
            (
                "doors/beginning.py",
                "attempt = log.attempts(last.era, step) + 1",
                "attempt = 1",
            ),
        ),
    ),
    Mutant(
        "R2: a step begins only where nothing has changed",
        SLEEPER,
        (
            ("doors/beginning.py", "drafts), Absent())", "drafts))"),
            ("doors/beginning.py", "tx.check(turn.key.entry(step.step), Absent())", "pass"),
            ("doors/beginning.py", "*turns.unchanged(turn), set=facts", "set=facts"),
        ),
    ),
    Mutant(
        "R2: the end stops everyone",
        "the user cancels",
        (
            ("log/log.py", '"terminal" in entry.facts or ', ""),
            ("engine/ending.py", "LAST_ERA = 10**9", "LAST_ERA = 0"),
        ),
    ),
    Mutant(
        "R3: answer and last event in one transaction",
        DIES_AFTER,
        (("doors/model_step.py", "begun.number, drafts, *tx)", "begun.number, drafts)\n        tx.commit()"),),
    ),
    Mutant(
        "R3: a committed step is not asked for again",
        DIES_AFTER,
        (
            (
                "doors/call_model.py",
                "        if stored:\n",
                "        if False:\n",
            ),
            ("doors/beginning.py", "tx.check(turn.key.entry(step.step), Absent())", "pass"),
        ),
    ),
    Mutant(
        "R3: an answer is put where nothing is",
        SLEEPER,
        (
            ("doors/model_step.py", "tx.put(entry, Absent())", "tx.put(entry)"),
            ("doors/model_step.py", "*turns.unchanged(turn), set=turn_facts.committed", "set=turn_facts.committed"),
            ("log/log.py", " or _behind(entry).era > writer.era", ""),
        ),
    ),
    Mutant(
        "R4: an unstarted turn has a due item",
        "an execution's start has no effect",
        (
            (
                "engine/starting.py",
                "due.watch(tx, now + due.START_WITHIN",
                f"due.watch({SCRATCH}, now + due.START_WITHIN",
            ),
        ),
    ),
    Mutant(
        "R4: the sweep looks at turns",
        "an execution's start has no effect",
        (("doors/sweep.py", '    "turn": _turn,\n', '    "turn": lambda *_: None,\n'),),
    ),
    Mutant(
        "R4: a step moves its due item",
        "an execution disappears with its worker",
        (("doors/beginning.py", "turns.move_due(services, tx, ", f"turns.move_due(services, {SCRATCH}, "),),
    ),
    Mutant(
        "R4: who rightly waits is not taken for dead",
        "a busy service; the schedule comes in a wait",
        (("doors/trouble.py", "now() + behind)", "now() + due.STEP_WITHIN)"),),
    ),
    Mutant(
        "R4: who does not come back from a wait is missed",
        "a busy service; the execution is lost in a wait",
        (("doors/trouble.py", "turns.move_due(services, tx, ", f"turns.move_due(services, {SCRATCH}, "),),
    ),
    Mutant(
        "R3: what the service refused is not sent again",
        "a message that is refused; a write has no effect, unseen",
        (("doors/model_step.py", "refused.leave_out(services, begun, sent, refusal)", "pass"),),
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
        (("engine/releasing.py", "    if gone:\n        mark", "    if False:\n        mark"),),
    ),
    Mutant(
        "delete: the due item brings the broom",
        "whoever sends, runs or deletes dies after a write",
        (
            (
                "engine/releasing.py",
                "due.move(tx, session.due, now + PURGE",
                f"due.move({SCRATCH}, session.due, now + PURGE",
            ),
        ),
    ),
    Mutant(
        "journal: a call is claimed where nobody has",
        SLEEPER,
        (("doors/tool_call.py", "self._started(seconds)), Absent())", "self._started(seconds)))"),),
    ),
    Mutant(
        "journal: whoever has a call is waited for",
        "an invocation comes twice at once",
        (
            (
                "doors/tool_call.py",
                'if theirs and journal.number("until")',
                'if False and journal.number("until")',
            ),
        ),
    ),
    Mutant(
        "journal: a lost call is repeated only if it may be",
        "the worker dies after it touched a file",
        (("doors/tool_call.py", '"mine" if self._tool is None or self._tool.repeatable else "unknown"', '"mine"'),),
    ),
    Mutant(
        "journal: a result counts only from the owner",
        SLEEPER,
        (("doors/tool_call.py", "tx.put(done, *self._mine)", "tx.put(done)"),),
    ),
    Mutant(
        "journal: a tool writes only while its call is its own",
        SLEEPER_END,
        (("agent/tools/tool.py", "            self.check_still_mine()\n            pieces", "            pieces"),),
    ),
    Mutant(
        "journal: a tool writes over what it saw",
        SLEEPER_END,
        (("agent/tools/tool.py", "path, pieces, version=seen)", "path, pieces)"),),
    ),
    Mutant(
        "journal: what is done is not done again",
        "an invocation comes again after a later one",
        (
            ("doors/tool_call.py", '            return "done"\n', '            return "mine"\n'),
            ("agent/tools/tool.py", "            self.check_still_mine()\n            pieces", "            pieces"),
            ("doors/tool_call.py", "tx.put(done, *self._mine)", "tx.put(done)"),
        ),
    ),
    Mutant(
        "keys: the key is looked up before the session's state",
        REPEATED,
        (
            (
                "engine/sending.py",
                "if once and (earlier := once.earlier(services)):",
                "if once and not session.busy and (earlier := once.earlier(services)):",
            ),
        ),
    ),
    Mutant(
        "once: the key is written with the claim",
        DIES_AFTER,
        (("engine/starting.py", "once.keep(tx, services, key)", "pass"),),
    ),
    Mutant(
        "start: the session must be free",
        "another request is a moment earlier",
        (
            ("engine/starting.py", 'Lacks("turn"), ', ""),
            (
                "engine/starting.py",
                'Is("last_turn", session.last_turn) if session.last_turn else Lacks("last_turn"), ',
                "",
            ),
            ("engine/starting.py", 'Is("due", session.due), ', ""),
            ("engine/starting.py", 'Is("events", session.events), ', ""),
            ("engine/starting.py", '{"response_id": key.turn})]), Absent())', '{"response_id": key.turn})]))'),
            ("engine/starting.py", 'Lacks("title"), ', ""),
        ),
    ),
    Mutant(
        "start: an unknown outcome is looked up",
        "a start without a key takes effect, unseen",
        (("engine/starting.py", "return turns.load(services, turn.key) is not None", "return False"),),
    ),
    Mutant(
        "bus: each thing has a number of its own",
        WAITS,
        (("store/outbox.py", 'tx.change(key.item, Is("told", told), add={"told": len(kinds)})', "pass"),),
    ),
    Mutant(
        "bus: a start that nobody listened to is told later",
        "the bus does not listen",
        (("doors/beginning.py", "tx.commit()", f"services.table.write({UNTOLD})"),),
    ),
    Mutant(
        "runs: a run is counted where it moves",
        "a run; a write has no effect, unseen",
        (("engine/ending.py", "    tell(services, tx, turn, facts)\n", ""),),
    ),
    Mutant(
        "runs: a run is taken off the list once",
        "a run that is deleted; somebody dies",
        (("dialects/runs/runs.py", "turn_removed(services, tx, turn)", f"turn_removed(services, {SCRATCH}, turn)"),),
    ),
    Mutant(
        "pause: of two answers one is kept",
        "a pause; somebody else answers otherwise",
        (
            ("engine/pause/answering.py", 'Lacks("answer"), set=facts', "set=facts"),
            ("engine/pause/answering.py", "tx.put(result, Absent())", "tx.put(result)"),
            ("engine/pause/answering.py", '*turns.unchanged(turn), set={"due"', 'set={"due"'),
        ),
    ),
    Mutant(
        "pause: an answer, its result and its event in one transaction",
        "a pause; somebody dies after a write",
        (
            ("engine/pause/answering.py", "tx.put(result, Absent())", f"(second := {SCRATCH}).put(result, Absent())"),
            ("engine/pause/answering.py", "[event], *tx)", "[event], *tx)\n            result and second.commit()"),
        ),
    ),
    Mutant(
        "pause: a call is asked once",
        "a pause; the worker dies after a state",
        (("doors/request_client_tools.py", "if turn.pause.step < ticket.step:", "if turn:"),),
    ),
    Mutant(
        "pause: the bus is told of it by way of the outbox",
        "a pause; somebody dies after a write",
        (("engine/pause/parking.py", "drafts, *tx)", f"drafts, {UNTOLD})"),),
    ),
    Mutant(
        "webhooks: an event is written once for each address",
        "webhooks; all messages come twice",
        (("notify/deliveries.py", "tx.put(item, Absent())", "tx.put(item)"),),
    ),
    Mutant(
        "webhooks: an attempt is made by one alone",
        "webhooks; a message comes twice at once",
        (
            ("notify/deliveries.py", 'Is("state", "pending"), Is("due", delivery.due), ', ""),
            ("notify/attempts.py", 'or stored.state != "pending" or stored.due != message["due"]', ""),
        ),
    ),
    Mutant(
        "webhooks: the due index brings attempts back",
        "webhooks; the queue forgets attempts",
        (("notify/deliveries.py", "due.watch(tx, now + LATE", f"due.watch({SCRATCH}, now + LATE"),),
    ),
    Mutant(
        "webhooks: the next attempt is due when this one is recorded",
        "webhooks; somebody dies after a write",
        (("notify/attempts.py", "deliveries.move(tx, ", f"deliveries.move({SCRATCH}, "),),
    ),
    Mutant(
        "pause: who keeps an answer has somebody look at the turn soon",
        "an answer, or a yes that nobody repeats; its server dies after a write",
        (
            ("engine/pause/answering.py", "turns.move_due(services, tx, ", f"turns.move_due(services, {SCRATCH}, "),
            (
                "engine/pause/answering.py",
                'tx.change(key.item, *turns.unchanged(turn), set={"due": later.due})',
                "pass",
            ),
        ),
    ),
    Mutant(
        "one go: a step begins behind one that is as it was left",
        "up to a heavy call; a worker sleeps; its successor does its state",
        (
            ("doors/beginning.py", 'Is("begun", before.step)', "Present()"),
            ("doors/beginning.py", "import Absent, Is, Item", "import Absent, Present, Item"),
            ("doors/beginning.py", "*turns.unchanged(turn), set=facts", "set=facts"),
            ("doors/beginning.py", "tx.check(turn.key.entry(step.step), Absent())", "pass"),
            ("log/log.py", " or _behind(entry).era > writer.era", ""),
        ),
    ),
    Mutant(
        "one go: the last answer and the turn's end in one transaction",
        "in one go; the worker dies after a write",
        (
            (
                "doors/model_step.py",
                "[*begun.unsent, done, written.terminal], *tx)",
                (
                    "[*begun.unsent, done], *tx)\n"
                    "        log.append(services, begun.writer, begun.number, [written.terminal])"
                ),
            ),
        ),
    ),
    Mutant(
        "patience: whoever gives up on an unknown outcome is told that something may have happened",
        "tests/ports/test_patience.py::test_the_first_unknown_outcome_is_told_at_once_and_the_next_ones_after_pauses",
        (("ports/patience.py", "changed=not isinstance(trouble, NotWritten)", "changed=False"),),
    ),
    Mutant(
        "patience: also those who look and ask again pause",
        "tests/ports/test_patience.py::test_the_first_unknown_outcome_is_told_at_once_and_the_next_ones_after_pauses",
        (("ports/patience.py", "if surely_not or mine.tries > 1:", "if surely_not:"),),
    ),
    Mutant(
        "requests: an unknown outcome is 503",
        "tests/http/test_errors.py::test_an_unknown_outcome_is_503_and_never_called_safe",
        (("http/errors.py", "    app.add_exception_handler(Unknown, unknown)\n", ""),),
    ),
    Mutant(
        "requests: an unknown outcome is not called safe to repeat",
        "tests/http/test_errors.py::test_an_unknown_outcome_is_503_and_never_called_safe",
        (("http/errors.py", "changed=not isinstance(error, NotWritten)", "changed=False"),),
    ),
    Mutant(
        "metrics: a step is counted by whoever has committed it",
        SLEEPER,
        (
            (
                "doors/model_step.py",
                "    drafts = [*begun.unsent, done, *light.claim(tx, calls)]\n",
                (
                    "    drafts = [*begun.unsent, done, *light.claim(tx, calls)]\n"
                    "    services.metrics.record(begun.measured)\n"
                ),
            ),
            (
                "doors/model_step.py",
                "        return _by_another(services, begun)\n    services.metrics.record(begun.measured)\n",
                "        return _by_another(services, begun)\n",
            ),
        ),
    ),
    Mutant(
        "claims: a call is one worker's while its lease lasts",
        "a claim that its worker repeats; its server dies after a write",
        (("engine/pause/claiming.py", "0 < left <= LONGEST_CLAIM:", "0 < left <= 0:"),),
    ),
    Mutant(
        "claims: a lease ends by itself",
        "a claim that nobody repeats; its server dies after a write",
        (("engine/pause/claiming.py", "!= worker and 0 < left <=", "!= worker and request.claimed_by and left <="),),
    ),
    Mutant(
        "claims: a worker renews its own",
        "a claim that its worker repeats; its server dies after a write",
        (("engine/pause/claiming.py", "if request.claimed_by != worker and 0 < left", "if 0 < left"),),
    ),
    Mutant(
        "claims: a clock that is set back keeps no call longer than a claim can last",
        f"{CLAIMS}::test_a_clock_that_is_set_back_keeps_a_call_no_longer_than_a_claim_can_last",
        (("engine/pause/claiming.py", "0 < left <= LONGEST_CLAIM", "0 < left"),),
    ),
    Mutant(
        "claims: what has its answer is nobody's",
        f"{CLAIMS}::test_it_binds_nobody_who_answers",
        (("engine/pause/claiming.py", "        if request.answer:", "        if False:"),),
    ),
    Mutant(
        "claims: what nobody waits for is nobody's",
        f"{CLAIMS}::test_what_nobody_waits_for_cannot_be_claimed",
        (("engine/pause/claiming.py", "if not (turn.parked and turn.pause.step == request.step):", "if False:"),),
    ),
    Mutant(
        "claims: what was never asked is nobody's",
        f"{CLAIMS}::test_what_nobody_waits_for_cannot_be_claimed",
        (("engine/pause/claiming.py", "        if request is None:", "        if request is None and False:"),),
    ),
    Mutant(
        "claims: of two at once one has it",
        f"{CLAIMS}::test_what_happens_in_front_of_its_write_stands[another worker]",
        (("engine/pause/claiming.py", "request.step), seen)", "request.step))"),),
    ),
    Mutant(
        "claims: an answer in front of it stands",
        f"{CLAIMS}::test_what_happens_in_front_of_its_write_stands[an answer]",
        (("engine/pause/claiming.py", 'when = (Lacks("answer"), ', "when = ("),),
    ),
    Mutant(
        "claims: what a later step asks is another call",
        f"{CLAIMS}::test_what_happens_in_front_of_its_write_stands[a later step]",
        (("engine/pause/claiming.py", ', Is("step", request.step)', ""),),
    ),
    Mutant(
        "claims: what another turn asks is another call",
        f"{CLAIMS}::test_what_happens_in_front_of_its_write_stands[another turn]",
        (("engine/pause/claiming.py", 'Is("turn", request.turn.turn), ', ""),),
    ),
]
