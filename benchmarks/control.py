"""The control: relays the model's deltas as they come, through the same SDK, and stores nothing.

A session's id is the name of its model. Run as `python -m benchmarks.control PORT MODEL_URL`.
"""

import json
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import uvicorn
from anthropic import AsyncAnthropic
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from anthropic.types import MessageParam


def app(model_url: str) -> Starlette:
    """Build the relay."""
    client = AsyncAnthropic(api_key="none", base_url=model_url, max_retries=0)

    async def frames(model: str, message: str) -> AsyncIterator[str]:
        yield 'event: message.created\ndata: {"id":"control"}\n\n'
        said: MessageParam = {"role": "user", "content": message}
        async for event in await client.messages.create(model=model, max_tokens=1000, messages=[said], stream=True):
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield f"event: text.delta\ndata: {json.dumps({'content': event.delta.text})}\n\n"
        yield "event: message.completed\ndata: {}\n\n"

    async def send(request: Request) -> Response:
        message = (await request.json())["message"]
        return StreamingResponse(frames(request.path_params["id"], message), media_type="text/event-stream")

    async def create(request: Request) -> Response:
        id_ = (await request.json())["model"]
        return Response(json.dumps({"id": id_}), media_type="application/json", status_code=201)

    routes = [
        Route("/v1/sessions/{id}/messages", send, methods=["POST"]),
        Route("/v1/sessions", create, methods=["POST"]),
    ]
    return Starlette(routes=[*routes, Route("/health", lambda _: Response("{}"))])


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning")
