"""Claims of docs/cli-rules.md, each with a small patch that takes it away and the test that must notice."""

from tests.faults.mutants import Mutant

RUN, LISTEN, APPLY = "tests/cli/test_run.py", "tests/cli/test_listen.py", "tests/cli/test_apply.py"

MUTANTS = [
    Mutant(
        "Ctrl-C leaves, and cancels nothing",
        f"{RUN}::TestOnATerminal::test_ctrl_c_detaches_and_says_how_to_come_back",
        (("commands/watching.py", "        if cancels:\n", "        if not cancels:\n"),),
    ),
    Mutant(
        "what ends a chat leaves the terminal as it was",
        "tests/cli/test_chat.py::test_what_ends_it_leaves_the_terminal_as_it_was",
        (("commands/chat.py", "EOFError), heard(), patch_stdout", "EOFError), patch_stdout"),),
    ),
    Mutant(
        "a turn that waits for somebody is exit code 3",
        f"{RUN}::TestInAPipe::test_a_turn_that_waits_is_code_3_and_the_command_to_answer_with",
        (("commands/exits.py", " = range(8)\n", " = range(8)\nWAITING = DONE\n"),),
    ),
    Mutant(
        "data is on standard output, everything about it on standard error",
        f"{RUN}::TestInAPipe::test_the_text_is_on_standard_output_and_nothing_else",
        (
            (
                "commands/output.py",
                "            sys.stderr.write(self.paint(",
                "            sys.stdout.write(self.paint(",
            ),
        ),
    ),
    Mutant(
        "no colour is in a pipe",
        "tests/cli/test_options.py::test_a_pipe_has_no_colours_and_a_terminal_has_those_that_are_wanted",
        (("commands/output.py", "return stream.isatty() and not os", "return not os"),),
    ),
    Mutant(
        "NO_COLOR is heeded",
        "tests/cli/test_options.py::test_a_pipe_has_no_colours_and_a_terminal_has_those_that_are_wanted",
        (("commands/output.py", 'not os.environ.get("NO_COLOR") and ', ""),),
    ),
    Mutant(
        "what models and tools say never reaches a terminal raw",
        f"{RUN}::TestOnATerminal::test_what_a_tool_says_never_reaches_it_raw",
        (("commands/cleaning.py", '.replace("\\r\\n", "\\n").translate(_SHOWN)', ""),),
    ),
    Mutant(
        "ids of -q never reach a terminal raw",
        "tests/cli/test_names.py::test_a_terminal_is_never_steered",
        (("commands/output.py", "            self.text(id_)\n", "            self.line(id_)\n"),),
    ),
    Mutant(
        "questions never reach a terminal raw",
        "tests/cli/test_names.py::test_a_terminal_is_never_steered",
        (("commands/app.py", "click.confirm(cleaning.name(question), err", "click.confirm(question, err"),),
    ),
    Mutant(
        "names of files come out of a pipe as they are",
        "tests/cli/test_names.py::test_names_of_files_come_out_of_a_pipe_as_they_are",
        (("commands/output.py", "cleaning.name if terminal else cleaning.cell", "cleaning.line"),),
    ),
    Mutant(
        "what is passed on is noted before it is printed",
        f"{LISTEN}::test_what_was_sent_is_noted_before_it_is_printed",
        (
            (
                "commands/listen.py",
                '        place.seen(event["id"])\n        _told(app, event, status)\n',
                '        _told(app, event, status)\n        place.seen(event["id"])\n',
            ),
        ),
    ),
    Mutant(
        "what is printed alone is noted behind it",
        f"{LISTEN}::test_what_could_not_be_printed_is_printed_the_next_time",
        (
            (
                "commands/listen.py",
                '        _told(app, event, 0)\n        place.seen(event["id"])\n',
                '        place.seen(event["id"])\n        _told(app, event, 0)\n',
            ),
        ),
    ),
    Mutant(
        "nothing is passed on where it could not be noted",
        f"{LISTEN}::test_nothing_is_sent_where_it_could_not_be_noted",
        (
            (
                "commands/listen.py",
                "    elif place.cursor:\n        place.keep()\n",
                "    elif place.cursor:\n        pass\n",
            ),
        ),
    ),
    Mutant(
        "--prune deletes nothing that was made otherwise",
        f"{APPLY}::test_prune_deletes_only_what_was_made_so",
        (("commands/planning.py", 'if made.has(kind, raw["id"]) and (', "if ("),),
    ),
    Mutant(
        "without --prune nothing is deleted",
        f"{APPLY}::test_prune_deletes_only_what_was_made_so",
        (("commands/planning.py", "    for kind in needed if prune else ():\n", "    for kind in needed:\n"),),
    ),
    Mutant(
        "nothing is done where one document is wrong",
        f"{APPLY}::test_nothing_is_done_where_one_is_wrong",
        (("commands/declared.py", "    if wrong:\n", "    if wrong and not found:\n"),),
    ),
    Mutant(
        "what cannot be undone needs --yes where nobody is asked",
        "tests/cli/test_options.py::test_nobody_is_asked_where_nobody_can_answer",
        (
            (
                "commands/app.py",
                "        if not self.asks:\n            raise",
                "        if not self.asks:\n            return\n            raise",
            ),
        ),
    ),
    Mutant(
        "nobody is asked with --no-input",
        "tests/cli/test_options.py::test_nobody_is_asked_where_nobody_can_answer",
        (("commands/app.py", "return not self.said.no_input and sys", "return sys"),),
    ),
    Mutant(
        "a list that leads in a circle has an end",
        "tests/client/_sync/test_circles.py::test_a_list_of_pages_that_lead_back",
        (("pages.py", "        if mark in self._been:\n", "        if not mark:\n"),),
    ),
]
