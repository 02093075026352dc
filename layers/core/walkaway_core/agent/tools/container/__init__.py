"""The tools of a container of the session's own: a shell that goes on, files, and pages of the web."""

from collections.abc import Mapping

from walkaway_core.agent.tools.container.files import Edit, Glob, Grep, Read, Write
from walkaway_core.agent.tools.container.shell import Bash
from walkaway_core.agent.tools.container.web import WebFetch
from walkaway_core.agent.tools.tool import Tool

CONTAINER: Mapping[str, type[Tool]] = {tool.name: tool for tool in (Bash, Edit, Glob, Grep, Read, WebFetch, Write)}
