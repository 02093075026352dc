"""Routes of the tool registry of the workflows dialect (contract C.2, C.4)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from walkaway_core.dialects.workflows import registry
from walkaway_core.dialects.workflows.errors import WorkflowProblem
from walkaway_core.dialects.workflows.registry import Registered
from walkaway_core.dialects.workflows.wire import (
    ToolRegistered,
    ToolSchema,
    ToolSchemas,
    ToolsRegister,
    ToolsRegistered,
)
from walkaway_core.http import errors, large
from walkaway_core.http.access import Called

router = APIRouter(prefix="/api/tools", tags=["workflows"], route_class=large.Route)
FULL = errors.answers(409, model=WorkflowProblem)


@router.post("/register", responses=FULL, summary="Register tools")
def register(caller: Called, asked: ToolsRegister) -> ToolsRegistered:
    """Register tools that the caller runs; tasks of agents without tools of their own are offered them."""
    made = registry.register(caller.services, caller.tenant, [tool.model_dump() for tool in asked.tools])
    names = [ToolRegistered(id=tool.id, name=tool.name, namespace=tool.namespace) for tool in made]
    return ToolsRegistered(tools=names)


@router.get("", summary="List registered tools")
@router.get("/", include_in_schema=False)
def listing(
    caller: Called,
    *,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
    namespace: str | None = None,
    status: str | None = None,
) -> ToolSchemas:
    """List registered tools, the oldest first; all of them are active."""
    tools = [
        tool
        for tool in registry.all_of(caller.services, caller.tenant)
        if namespace in (None, tool.namespace) and status in (None, "active")
    ]
    return ToolSchemas(schemas=[_shown(tool) for tool in tools[offset : offset + limit]])


def _shown(tool: Registered) -> ToolSchema:
    fields = {"type": "function", "name": tool.name, "description": tool.definition["description"]}
    return ToolSchema(
        id=tool.id,
        name=tool.name,
        namespace=tool.namespace,
        schema_data={**fields, "parameters": tool.definition["schema_data"]},
        created_at=datetime.fromtimestamp(tool.created_at, UTC).isoformat(),
        updated_at=datetime.fromtimestamp(tool.updated_at, UTC).isoformat(),
    )
