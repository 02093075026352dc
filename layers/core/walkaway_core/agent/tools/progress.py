"""The tool that tells people who poll how far the work is."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from walkaway_core.agent.tools.tool import Tool, ToolContext
from walkaway_core.log import metadata
from walkaway_core.log.log import Superseded
from walkaway_core.ports.items import Refused


class ReportProgress(Tool):
    """Tell the user how far you are. The keys appear in the session's metadata at once; null removes a key."""

    name: ClassVar[str] = "report_progress"
    repeatable: ClassVar[bool] = True
    light: ClassVar[bool] = True

    metadata: Annotated[
        dict[str, Any], Field(min_length=1, description='for example {"status": "writing chapter 2", "percent": 40}')
    ]

    def run(self, context: ToolContext) -> str:
        """Merge the keys into the session's metadata."""
        try:
            metadata.merge(context.services, context.session.key, self.metadata, *context.fence)
        except Refused:
            raise Superseded from None
        return "Reported."
