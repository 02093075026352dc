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
MEMO = "tests/log/test_memo.py"
SETTLED = "tests/log/test_settled.py"
CLAIMS = "tests/engine/pause/test_claiming.py"
FIRING = "tests/schedules/test_firing.py"
TURN_SETTINGS = "tests/agent/test_turn_settings.py"
TURN_SETTINGS, STEP_SETTINGS = (f"tests/agent/test_{which}_settings.py" for which in ("turn", "step"))
PRUNES = "tests/schedules/test_pruning.py"
ARCHIVING = "tests/engine/test_archiving.py"
FORGETTING = "tests/engine/test_forgetting.py"
LET_GO_LATER = """\
            services.table.write(*tx)
            tx = Transaction(services.table)
            parent.release(tx, key.tenant, key.session, services.clock.now())
"""
"""The end of a child, and its hold on the parent in a transaction of its own."""
OVERTAKING = "tests/store/test_overtaking.py"
TOO_MUCH = f"{OVERTAKING}::test_orders_in_which_too_much_was_made"
IN_EVERY_ORDER = f"{OVERTAKING}::test_of_a_request_and_its_repetition_one_is_carried_out_in_every_order[sqlite]"
OPEN_CALLS = "tests/engine/test_open_calls.py"
ENDS, GONE_ON_WITH = "calls end a turn, nobody comes back", "calls end a turn, the next one has what came"
MOUNTING, SENDING = (f"tests/dialects/managed/test_{which}.py" for which in ("resources", "sending"))
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
        "mounts: a session does not come to be whose files are being removed",
        "a session with files; hours pass",
        (("dialects/managed/resources.py", "tx.delete(self.watch, Present())", "tx.delete(self.watch)"),),
    ),
    Mutant(
        "mounts: nor while somebody is at it",
        f"{MOUNTING}::test_a_session_does_not_come_to_be_whose_files_are_being_removed",
        (("engine/deleting.py", "watch if record else _moved(services, key, watch)", "watch"),),
    ),
    Mutant(
        "mounts: who is refused for that is told so",
        "a session with files and no message; hours pass",
        (
            (
                "dialects/managed/sessions.py",
                "        except Refused:\n            new.prepared.check()\n            raise\n",
                "        except Refused:\n            raise\n",
            ),
        ),
    ),
    Mutant(
        "mounts: a session that may have come to be keeps its files",
        "a session with files and no message under a key, repeated; a write takes effect",
        (
            (
                "dialects/managed/resources.py",
                "deleting.purge(self.services, self.key, self.watch, self.services.clock.monotonic() + REMOVING)",
                "[*identified.let_go(self.services, self.key.tenant, self.key.session)]",
            ),
        ),
    ),
    Mutant(
        "mounts: nothing is mounted in a session that is closed",
        "a mounted file; its session is closed meanwhile",
        (("dialects/managed/resources.py", 'Lacks("deleted"), Lacks("archived")', 'Lacks("deleted")'),),
    ),
    Mutant(
        "mounts: what was copied goes with a session that does not come to be",
        "a session with files under a key that nobody repeats; its server dies after a write",
        (("engine/deleting.py", 'if record is None or "deleted" in record.facts:', "if False:"),),
    ),
    Mutant(
        "mounts: nothing is mounted in a session that goes",
        "a mounted file; its session is deleted meanwhile",
        (("dialects/managed/resources.py", 'Lacks("deleted"), Lacks("archived")', 'Lacks("archived")'),),
    ),
    Mutant(
        "mounts: with a file its mount goes",
        "a mounted file is deleted; a write has no effect",
        (("store/mounts.py", "identified.delete(services, kept, along)", "identified.delete(services, kept)"),),
    ),
    Mutant(
        "files with ids: nobody keeps one whose bytes have gone",
        "a mounted file; hours pass",
        (("store/pending.py", "tx.delete(self.watch, Present())  # else", "tx.delete(self.watch)  # else"),),
    ),
    Mutant(
        "files with ids: bytes that nobody keeps go",
        "a file with an id under a key that nobody repeats; its server dies after it touched a file",
        (
            (
                "store/pending.py",
                "    tx.commit()\n    watch = due.place(key, sk)\n",
                "    watch = due.place(key, sk)\n    services.table.write_behind(*tx)\n",
            ),
        ),
    ),
    Mutant(
        "files with ids: bytes of whose writing nobody has heard go",
        "tests/store/test_identified.py::test_bytes_that_were_written_though_that_failed_are_removed",
        (("store/pending.py", "unmake(services, tenant, key, watch)  # an", "_forget(services, watch)  # an"),),
    ),
    Mutant(
        "files with ids: bytes of one that is deleted go, whoever dies",
        "a mounted file is deleted, and nobody comes back; its server dies after a write",
        (
            (
                "store/identified.py",
                "due.move(tx, kept.due, services.clock.now() + SOON",
                f"due.move({SCRATCH}, kept.due, services.clock.now() + SOON",
            ),
        ),
    ),
    Mutant(
        "answers: the same one from two at once is taken from both",
        "tests/faults/test_pauses.py::test_who_sleeps_between_two_looks_is_not_refused",
        (("engine/pause/answering.py", "    if not all(requests[call].answer or", "    if not all(True or"),),
    ),
    Mutant(
        "events: a message behind answers that are kept says where these are",
        f"{SENDING}::TestAnswers::test_one_that_is_kept_may_come_again_with_a_message",
        (("engine/telling.py", "_Keeps(record, partial(Told, answers=old))", "_Keeps(record)"),),
    ),
    Mutant(
        "events: what was carried out has its answer, whatever stands against it now",
        f"{SENDING}::TestRefused::test_a_repetition_once_the_budget_is_used_up_has_its_answer",
        (("dialects/managed/sending.py", "        if kept is None:  # else", "        if True:  # else"),),
    ),
    Mutant(
        "containers: what has become of one counts with the result of the call alone",
        "a container; somebody dies after a write",
        (
            (
                "doors/tool_call.py",
                "            result.along(tx)\n",
                "            result.along(apart := Transaction(self._services.table))\n            apart.commit()\n",
            ),
        ),
    ),
    Mutant(
        "containers: of who was taken for lost nothing counts",
        "tests/store/test_containers.py::test_of_who_is_lost_nothing_counts",
        (
            (
                "store/containers.py",
                '"spare": True}, body), Is("holder", nonce))',
                '"spare": True}, body))',
            ),
        ),
    ),
    Mutant(
        "containers: one works in it at a time",
        "tests/store/test_containers.py::test_one_works_in_it_and_the_next_one_finds_what_they_left",
        (("store/containers.py", "and not _is_lost(services, item):", "and False:"),),
    ),
    Mutant(
        "containers: it is taken under the fence of the call",
        "tests/store/test_containers.py::test_it_is_taken_under_the_fence_of_the_call",
        (("store/containers.py", "    tx.include(*fence)\n", ""),),
    ),
    Mutant(
        "containers: a file that comes out has its id with the result",
        "a container; a write has no effect, unseen",
        (
            (
                "agent/tools/container/outputs.py",
                "        for _, file in self.files.values():\n            file.keep(tx)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "containers: what nobody needs is discarded after a call, unless it is said to be there",
        "a container; a write has no effect, unseen",
        (
            (
                "agent/tools/container/holding.py",
                "                services.sandbox.discard(state.root, state.generation)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "containers: with its session a container goes",
        "a container; a write has no effect, unseen",
        (("engine/deleting.py", "        containers.remove(services, key)\n", "        pass\n"),),
    ),
    Mutant(
        "containers: calls of a step keep to their order",
        "tests/local/test_container_tools.py::test_calls_of_one_step_are_carried_out_in_their_order",
        (("agent/tools/container/holding.py", "    _wait_for(context, context.earlier)\n", ""),),
    ),
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
        "creates: the key of an environment is written with it",
        "an environment under a key, repeated; a write takes effect, unseen",
        (("dialects/managed/environments.py", "    if once:\n        once.keep_made(tx, services, id_)\n", ""),),
    ),
    Mutant(
        "agents: a change does not undo an archive",
        "tests/agent/test_agents.py::test_an_archive_in_the_middle_of_a_change_is_kept",
        (("agent/agents.py", ', *([Lacks("archived")] if old.archived_at is None else [])', ""),),
    ),
    Mutant(
        "agents: who shares a name gives nobody's away",
        "tests/agent/test_agents.py::test_a_name_is_not_theirs_alone",
        (("agent/agents.py", " if agent.readable and agent.named else []", " if agent.readable else []"),),
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
        (
            (
                "store/idempotency.py",
                "if once is None or not (once.made(services) or once.to_try_again(error)):",
                "if True:",
            ),
        ),
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
        "tests/dialects/native/test_index.py::test_by_whether_they_run_or_wait",
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
        (
            (
                "engine/ending.py",
                'if ending.status == "completed" and turn.steered > turn.step and not turn.open:',
                "if False:",
            ),
        ),
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
            ("doors/model_step.py", "*turns.unchanged(turn), set=facts", "set=facts"),
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
        (("engine/ending.py", "self.execution in (None, turn.execution) and ", ""),),
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
            (
                "engine/pause/answering.py",
                "tx.put(result, Absent())",
                f"(alone := {SCRATCH}).put(result, Absent())\n    alone.commit()",
            ),
        ),
    ),
    Mutant(
        "together: answers and what is said with them are kept in one transaction",
        "things said together; somebody dies after a write",
        (
            (
                "engine/pause/answering.py",
                "steering.tell(services, tx, turn, said, nonce) if",
                (
                    f"[] if said and not steering.tell(services, (alone := {SCRATCH}), turn, said, nonce) else []; "
                    "said and alone.commit(); drafts += [] if"
                ),
            ),
        ),
    ),
    Mutant(
        "together: a request is known by what it has brought",
        "things said together; somebody dies after a write",
        (("engine/telling.py", "        self.record.keep(tx, services, self.made(turn, at))\n", "        pass\n"),),
    ),
    Mutant(
        "together: an end that is asked for again ends nothing else",
        "an end and what is said with it; somebody dies after a write",
        (("engine/stopping.py", "            record.keep(tx, services, told[0])\n", "            pass\n"),),
    ),
    Mutant(
        "together: calls that an end closes are closed in the conversation, too",
        "an end of what waits, and a message that nobody repeats; its server dies after a write",
        (("engine/pause/closing.py", "nonce), Absent())", "nonce)) if False else None"),),
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
        "open calls: they end the turn",
        f"{ENDS}; a write has no effect, unseen",
        (("doors/way.py", "if later and turn.ends_with_calls:", "if False:"),),
    ),
    Mutant(
        "open calls: behind the server's own the turn ends, and does not wait",
        f"{ENDS}; a write has no effect, unseen",
        (("doors/call_model.py", '"done" if turn and turn.ends_with_calls else "ask"', '"ask"'),),
    ),
    Mutant(
        "open calls: no step begins behind them",
        f"in one go; {ENDS}; a write has no effect, unseen",
        (("doors/call_model.py", "not behind.open and (here or behind.again)", "here or behind.again"),),
    ),
    Mutant(
        "open calls: what was approved runs before the first step",
        f"{GONE_ON_WITH}; a write has no effect, unseen",
        (("doors/call_model.py", "if turn.approved and not turn.begun:", "if False:"),),
    ),
    Mutant(
        "open calls: who carries out what was approved is given the time of a step",
        f"{OPEN_CALLS}::TestApprovals::test_a_long_one_is_not_taken_for_a_turn_that_has_not_begun",
        (("doors/approved.py", "due.STEP_WITHIN", "due.START_WITHIN"),),
    ),
    Mutant(
        "open calls: each has its answer before anything begins",
        f"{OPEN_CALLS}::TestOutputs::test_what_does_not_answer_each_call_once_is_refused_before_anything_begins",
        (("engine/open_calls.py", "    _check_all(open_, counts)\n", ""),),
    ),
    Mutant(
        "open calls: answers are to the calls of the turn before",
        f"{OPEN_CALLS}::TestOutputs::test_what_does_not_answer_each_call_once_is_refused_before_anything_begins",
        (("engine/starting.py", "open_calls.behind(services, session) if asks else ()", "()"),),
    ),
    Mutant(
        "open calls: answers do not wait, steer or interrupt",
        f"{OPEN_CALLS}::TestOutputs::test_they_are_for_a_turn_that_is_over",
        (("engine/sending.py", "if session.busy and message.answers:", "if False:"),),
    ),
    Mutant(
        "open calls: a turn that was steered ends with them all the same",
        f"{OPEN_CALLS}::TestEnd::test_what_the_turn_was_told_meanwhile_is_heard_with_what_comes",
        (("engine/ending.py", " and not turn.open", ""),),
    ),
    Mutant(
        "open calls: the files of a last step that has called something are its turn's",
        f"{OPEN_CALLS}::TestEnd::test_the_servers_calls_of_the_step_run_first",
        (("engine/ending.py", " and not turn.ends_with_calls)", ")"),),
    ),
    Mutant(
        "open calls: the files of what was approved are its turn's",
        f"{OPEN_CALLS}::TestApprovals::test_what_it_has_changed_is_told_whatever_becomes_of_the_turn",
        (("engine/ending.py", "if called > 0 or turn.approved else", "if called > 0 else"),),
    ),
    Mutant(
        "open calls: a summary parts no call from what came of it",
        f"{OPEN_CALLS}::TestOutputs::test_a_long_one_is_shortened_and_a_conversation_is_not_cut_before_it",
        (("agent/compaction.py", "entry.call is None and not bound", "entry.call is None"),),
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
    Mutant(
        "settings: a turn goes on with those that it began with",
        f"{TURN_SETTINGS}::test_they_stay_as_they_were_when_the_turn_began",
        (
            (
                "agent/turn_settings.py",
                "held.as_begun(services, session, turn), said",
                "held.at_start(services, session)[0], said",
            ),
        ),
    ),
    Mutant(
        "settings: what a message leaves to the server is what that says then",
        f"{TURN_SETTINGS}::test_they_stay_as_they_were_when_the_turn_began",
        (("agent/turn_settings.py", "    said = {name: getattr(whole, name) for name in said}", "    pass"),),
    ),
    Mutant(
        "settings: a message that waits keeps its own",
        f"{TURN_SETTINGS}::test_a_message_that_waits_keeps_its_own_and_takes_the_rest_when_it_begins",
        (("engine/starting.py", "**self.own.facts, ", ""),),
    ),
    Mutant(
        "settings: they are kept with the message",
        f"{TURN_SETTINGS}::test_one_that_interrupts_begins_with_its_own",
        (("engine/starting.py", "        self.own.keep(services, tx, turn.key.owner)\n", ""),),
    ),
    Mutant(
        "settings: a message that steers has none",
        f"{TURN_SETTINGS}::test_one_that_steers_may_say_none_but_on_a_free_session",
        (("engine/sending.py", "        _check_unsaid(message.own)\n", ""),),
    ),
    Mutant(
        "settings: what is said over a session's is asked for by a key, too",
        "tests/dialects/native/test_messages_settings.py::test_the_same_key_with_other_settings_is_another_request",
        (("dialects/native/messages.py", " | _settings(asked)", ""),),
    ),
    Mutant(
        "settings: a call is forced in a turn's first step alone",
        f"{STEP_SETTINGS}::test_a_call_is_forced_in_the_first_step_alone_and_without_thinking",
        (("agent/step_settings.py", "if step == 1 and takes else", "if takes else"),),
    ),
    Mutant(
        "settings: a turn's answers have no more tokens than they may",
        f"{STEP_SETTINGS}::test_a_turn_whose_answers_have_used_their_tokens_ends_and_says_so",
        (
            (
                "agent/step_settings.py",
                "    return _fitting(_forced(settings, step), turn)",
                "    return _forced(settings, step)",
            ),
        ),
    ),
    Mutant(
        "settings: a turn whose tokens are used up ends",
        f"{STEP_SETTINGS}::test_a_turn_whose_answers_have_used_their_tokens_ends_and_says_so",
        (("engine/limits.py", "    if left is not None and left <= 0:\n        used", "    if False:\n        used"),),
    ),
    Mutant(
        "children: a parent is kept by an item that is written with its child",
        "a parent is deleted; a write takes effect, unseen",
        (
            (
                "store/parents.py",
                'tx.put(Item(*_held(self.key(tenant).owner, child), {"upto": self.upto}), Absent())',
                "pass",
            ),
        ),
    ),
    Mutant(
        "children: what is kept for one is not removed",
        "a parent is deleted; a write takes effect, unseen",
        (
            (
                "engine/deleting.py",
                "return _is_gone(services, record) and not parents.kept(services, key)",
                "return _is_gone(services, record)",
            ),
        ),
    ),
    Mutant(
        "children: nobody goes on from what has gone a moment earlier",
        "a child; its parent goes meanwhile",
        (
            ("store/parents.py", 'tx.check(self.key(tenant).owner.item, Lacks("deleted"))', "pass"),
            ("store/parents.py", 'tx.check(self.key(tenant).item, Lacks("forgotten"))', "pass"),
        ),
    ),
    Mutant(
        "children: the last one has its parent looked at",
        "the last child is deleted; a write takes effect, unseen",
        (
            (
                "store/parents.py",
                'due.watch(tx, now, "purge", owner.session, owner.detail)',
                'due.watch(Transaction(None), now, "purge", owner.session, owner.detail)',
            ),
        ),
    ),
    Mutant(
        "children: what is left of a child goes with its hold on the parent",
        "the last child is deleted; somebody dies after a write",
        (
            (
                "engine/deleting.py",
                "            parent.release(tx, key.tenant, key.session, services.clock.now())\n",
                LET_GO_LATER,
            ),
        ),
    ),
    Mutant(
        "links: one that is taken away is watched until its text can go",
        "a link is forgotten; a write takes effect, unseen",
        (
            (
                "engine/forgetting.py",
                'due.watch(tx, now + PURGE_AFTER, "purge"',
                f'due.watch({SCRATCH}, now + PURGE_AFTER, "purge"',
            ),
        ),
    ),
    Mutant(
        "links: what comes behind one keeps its text",
        "links are forgotten; a write takes effect, unseen",
        (("engine/keeping.py", "if _place(turn.key) > needed and", "if"),),
    ),
    Mutant(
        "links: of two that go at once one is the last",
        f"{FORGETTING}::TestForgetting::test_of_two_that_go_at_once_one_is_the_last",
        (("engine/forgetting.py", "session.unforgotten,  # of two that go at once one is the last", ""),),
    ),
    Mutant(
        "links: nothing begins behind one that goes a moment earlier",
        f"{FORGETTING}::TestForgetting::test_the_next_turn_is_not_begun_behind_one_that_goes",
        (
            (
                "engine/starting.py",
                "session.unforgotten,  # nobody has taken away what the message goes on from",
                "",
            ),
        ),
    ),
    Mutant(
        "links: whoever slept has time to end before a log goes",
        f"{FORGETTING}::TestKeptParents::test_a_parent_is_not_emptied_before_its_time",
        (("engine/deleting.py", ' and keeping.is_time(services, record.time("deleted"))', ""),),
    ),
    Mutant(
        "chains: what goes on from one makes it live on",
        f"{FORGETTING}::TestLife::test_what_goes_on_from_it_makes_it_live_on",
        (("doors/sweep.py", "    if keeping.live_on(services, session):\n        return\n", ""),),
    ),
    Mutant(
        "chains: one lives from the end of its youngest turn",
        f"{FORGETTING}::TestLife::test_a_chain_lives_from_the_end_of_its_youngest_turn",
        (("store/lifetimes.py", "    if session.options.chain:\n        return now + session.options.ttl\n", ""),),
    ),
    Mutant(
        "children: what a parent says behind the fork is not theirs",
        "tests/engine/test_placing.py::test_a_session_begins_with_the_conversation_of_its_parent",
        (("log/transcript.py", 'f"ENTRY#{parent.upto}#~"', '"ENTRY#~"'),),
    ),
    Mutant(
        "archive: nothing begins in a session that is closed",
        f"{ARCHIVING}::TestFree::test_it_is_read_and_takes_nothing",
        (("store/sessions.py", "    if session.archived_at:\n", "    if False:\n"),),
    ),
    Mutant(
        "archive: a session goes on whose turn runs",
        f"{ARCHIVING}::TestWhileItRuns::test_it_is_left",
        (("engine/ending.py", " and (turn.parked or not self.parked)", ""),),
    ),
    Mutant(
        "archive: a session is closed in the transaction that ends its turn",
        f"{ARCHIVING}::TestWhileItWaits::test_its_turn_ends_with_it",
        (("engine/releasing.py", "        mark_archived(services, tx, session)\n    elif", "        pass\n    elif"),),
    ),
    Mutant(
        "budget: what is raised holds for the turn that runs",
        "tests/doors/test_light.py::TestOneGo::test_a_budget_that_was_raised_meanwhile_is_the_one_that_holds",
        (("doors/call_model.py", "before.session.budget is not None", "False"),),
    ),
    Mutant(
        "memo: an entry is found by all that it is made of",
        f"{MEMO}::test_what_another_process_has_changed_is_read_as_it_is_then",
        (("log/memo.py", "(kept[0] is item or kept[0] == item)", "True"),),
    ),
    Mutant(
        "memo: what is not asked for any more is let go",
        f"{MEMO}::test_it_is_bounded_and_keeps_what_is_asked_for",
        (("log/memo.py", "if self._bytes > self._most // 2:", "if False:"),),
    ),
    Mutant(
        "settled: it is used for the entries that it was put together from",
        f"{SETTLED}::test_what_was_changed_is_seen[other-20]",
        (("log/settled.py", "kept[0].entries == entries[: number + 1]", "True"),),
    ),
    Mutant(
        "settled: what changes the beginning of a conversation is heeded",
        f"{SETTLED}::test_it_is_as_if_it_were_put_together_from_the_beginning",
        (("log/settled.py", 'return role in ("summary", "refused")', "return False"),),
    ),
    Mutant(
        "settled: of two who want it at once one gets it",
        f"{SETTLED}::test_two_who_take_it_at_once_do_not_share_it",
        (("log/settled.py", "if self._kept.get(name) is kept:", "if True:"),),
    ),
    Mutant(
        "settled: what was not used for longest is let go",
        f"{SETTLED}::test_it_is_bounded_and_keeps_what_was_used_last",
        (("log/settled.py", "while self._bytes > self._most:", "while False:"),),
    ),
    Mutant(
        "sent again: who writes has not been overtaken",
        IN_EVERY_ORDER,
        (("store/repetitions.py", "Absent())\n        self.way.require(tx, services)\n", "Absent())\n"),),
    ),
    Mutant(
        "sent again: who is given something has not been overtaken",
        f"{TOO_MUCH}[sqlite-overtaken and given something]",
        (("store/repetitions.py", "{name: now})\n            self.way.require(tx, services)\n", "{name: now})\n"),),
    ),
    Mutant(
        "sent again: a repetition leaves word before it looks for the last time",
        IN_EVERY_ORDER,
        (("store/repetitions.py", "while (taken := self._find", "if (taken := self._find"),),
    ),
    Mutant(
        "sent again: it looks again where another one was given what it repeats",
        f"{TOO_MUCH}[sqlite-given what another repeats]",
        (("store/repetitions.py", "taken > self.way.since:", "self.way.since < 0:"),),
    ),
    Mutant(
        "sent again: of equal ones no more give up than were overtaken",
        f"{OVERTAKING}::test_of_two_equal_ones_one_lives[sqlite-0]",
        (("store/overtaking.py", "[each for each in there if each != self._mine(there)]", "there"),),
    ),
    Mutant(
        "sent again: who gives up does so once",
        f"{TOO_MUCH}[sqlite-gives up twice]",
        (
            ("store/overtaking.py", "            self._over = self._mine(before) is not None\n", ""),
            ("store/overtaking.py", "        if self._over:\n", "            if self._mine(before):\n    "),
        ),
    ),
    Mutant(
        "sent again: what comes later is another request",
        f"{OVERTAKING}::test_who_comes_later_is_not_overtaken[sqlite]",
        (("store/overtaking.py", " and each[0] >= came", ""),),
    ),
    Mutant(
        "sent again: who was overtaken makes nothing in vain",
        f"{OVERTAKING}::test_who_gives_up_makes_nothing_again[sqlite]",
        (
            (
                "store/repetitions.py",
                "        self.way.look(services)\n        if self.count:\n",
                "        if self.count:\n",
            ),
        ),
    ),
    Mutant(
        "sent again: where another one was overtaken it is tried again",
        IN_EVERY_ORDER,
        (("store/repetitions.py", "isinstance(error, Refused) and error.key == self.way.key", "False"),),
    ),
]
