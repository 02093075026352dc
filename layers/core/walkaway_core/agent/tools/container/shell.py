"""The container's bash: each command goes on where the one before it has left the shell."""

import contextlib
from typing import Annotated, ClassVar

from pydantic import Field

from walkaway_core.agent.tools.container import holding, scripts
from walkaway_core.agent.tools.container.holding import LONGEST, WHOLE, Done, Work
from walkaway_core.agent.tools.output import Output
from walkaway_core.agent.tools.tool import Result, Tool, ToolContext, ToolError
from walkaway_core.store.services import Services

SECONDS = 120
RESTARTED = "The shell has been restarted."
CUT = "[what was left out is not kept; have the command write it to a file, and read that]"


class Bash(Tool):
    """Run a command in a bash shell that goes on.

    The directory, variables, functions, aliases, options and the umask are those that the command before has left.
    Files stay; processes, traps and open files end with each command, and one that is killed leaves the shell as it was
    before. There may be no network. `restart` gives a new shell.
    """

    name: ClassVar[str] = "bash"
    repeatable: ClassVar[bool] = False
    in_order: ClassVar[bool] = True
    deadline: ClassVar[float] = WHOLE

    command: Annotated[str | None, Field(max_length=100_000, description="leave it out only with restart")] = None
    restart: Annotated[bool | None, Field(description="begin a new shell instead of running a command")] = None
    timeout_ms: Annotated[
        int | None, Field(ge=0, description=f"milliseconds after which it is killed; at most {LONGEST * 1000}")
    ] = None

    @classmethod
    def missing(cls, services: Services) -> str | None:
        """Say why no command can be run here."""
        return services.sandbox.problem()

    def run(self, context: ToolContext) -> Result:
        """Run it; what it changes is kept with the result."""
        if not (self.restart or (self.command and self.command.strip())):
            raise ToolError("bash needs a command, or restart: true")
        if "\0" in (self.command or ""):
            raise ToolError("The command has a NUL character in it, which no shell takes")
        if self.restart:
            work = Work(scripts.RESTART, b"", SECONDS)
        else:
            seconds = min((self.timeout_ms or SECONDS * 1000) / 1000, LONGEST)
            work = Work(scripts.SHELL, (self.command or "").encode(errors="replace"), seconds)
        with contextlib.closing(Output(context.progress)) as output:
            done = holding.carry_out(context, work, output.take, self.lease())
            said = RESTARTED if self.restart and done.exit_code == 0 else output.shown().rstrip("\n")
            cut = [CUT] if output.cut else []
        lines = [said, *cut, *_end(done), *(f"[{note}]" for note in done.notes)]
        return done.result("\n".join(line for line in lines if line), is_error=done.exit_code != 0)


def _end(done: Done) -> list[str]:
    if done.killed:
        return [f"[killed: {done.killed}]"]
    return [f"[exit code {done.exit_code}]"] if done.exit_code else []
