"""The tool that runs shell commands in the sandbox."""

import contextlib
from typing import Annotated, ClassVar

from pydantic import Field

from walkaway_core.agent.tools import promotion
from walkaway_core.agent.tools.output import Output
from walkaway_core.agent.tools.tool import Tool, ToolContext, ToolError
from walkaway_core.errors import PathConflict, PathForbidden, PathInvalid, QuotaReached
from walkaway_core.ports.paths import MOUNT
from walkaway_core.ports.sandbox import Command, Finished, SandboxRefused
from walkaway_core.ports.workspace import Changed
from walkaway_core.store.services import Services

LONGEST = 14 * 60


class Bash(Tool):
    """Run a bash command in the workspace. Files that it writes there stay; processes do not outlive the command."""

    name: ClassVar[str] = "bash"
    repeatable: ClassVar[bool] = False
    deadline: ClassVar[float] = LONGEST + 50.0

    command: Annotated[str, Field(min_length=1, max_length=100_000)]
    timeout: Annotated[int, Field(ge=1, le=LONGEST, description="seconds after which it is killed")] = 120

    @classmethod
    def missing(cls, services: Services) -> str | None:
        """Say why no command can be run here."""
        return services.sandbox.problem()

    def run(self, context: ToolContext) -> str:
        """Run it, and bring what it changed into the workspace."""
        options, key = context.session.options, context.session.key
        root = f"{key.tenant}/files"
        command = Command(self.command, root, options.read, options.write, self.timeout, options.network, key.session)
        with contextlib.closing(Output(context.progress)) as output:

            def heard(data: bytes) -> None:
                output.take(data)
                context.allotted.check()

            try:
                with context.services.sandbox.run(command, heard) as finished:
                    promoted = promotion.promote(context, finished.changes)
            except SandboxRefused as refusal:
                raise ToolError(str(refusal)) from None
            promoted.notes += finished.lost
            lines = [_end(finished), output.shown().rstrip("\n"), *_kept(context, output), *promoted.lines()]
        return "\n".join(line for line in lines if line)


def _end(finished: Finished) -> str:
    return f"killed: {finished.killed}" if finished.killed else f"exit code {finished.exit_code}"


def _kept(context: ToolContext, output: Output) -> list[str]:
    """Put output that the model does not get to see whole into a file, where the session may write one."""
    if not output.cut:
        return []
    whole = b"".join(output.whole())
    path = promotion.beside("output/bash.txt", [whole]).replace(".conflict-", "-")
    for place in (path, *(f"{folder}/{path}" for folder in context.session.options.write if folder)):
        try:
            context.place(place, lambda: [whole], None)
        except (PathInvalid, PathForbidden, PathConflict, QuotaReached, Changed):
            continue
        more = f", its first {len(whole)} bytes" if output.size > len(whole) else ""
        return [f"[the whole output{more}: {MOUNT}/{place}]"]
    return ["[the rest of the output is lost: this session may not write a file for it]"]
