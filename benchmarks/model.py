"""A model service that sends deltas at a steady pace; each delta's text is the time at which it was sent.

The model's name is the pace: `pace-200-5` is 200 deltas, 5 ms apart; `pace-1-hold` is one delta, and then silence until
the caller hangs up. `GET /hung-up` tells when callers did, by the clock of the deltas. OpenAI's
chat completions are answered at once, for servers that know nothing else. Run as `python -m benchmarks.model PORT`.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator

SHORT = "pace-20-5"
"""The model where nobody names one."""
LONGEST = 4_000_000
"""Bytes of a request that are taken as they come, without a pause."""
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(kind: str, **fields: object) -> bytes:
    """Encode one event of the Messages API as an HTTP chunk."""
    data = f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


hung_up: list[int] = []


async def paces(model: str) -> AsyncIterator[str]:
    """Give the deltas of a model at its pace; one that holds gives no end."""
    number_of, gap = model.removeprefix("pace-").split("-")
    begin = time.perf_counter()
    for number in range(int(number_of)):
        await asyncio.sleep(max(0.0, begin + number * int(gap if gap != "hold" else 0) / 1000 - time.perf_counter()))
        yield f"{time.perf_counter_ns()} "
    if gap == "hold":
        await asyncio.Event().wait()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, model: str) -> None:
    """Send one answer at its pace."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
    writer.write(HEAD + event("message_start", message={**message, "stop_reason": None, "stop_sequence": None}))
    writer.write(event("content_block_start", index=0, content_block={"type": "text", "text": ""}))
    speaking = asyncio.create_task(_speak(writer, model))
    if model.endswith("-hold"):
        await reader.read(1)
        speaking.cancel()
        hung_up.append(time.perf_counter_ns())
        raise ConnectionResetError
    await speaking
    writer.write(event("content_block_stop", index=0))
    writer.write(event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage))
    writer.write(event("message_stop") + b"0\r\n\r\n")
    await writer.drain()


async def _speak(writer: asyncio.StreamWriter, model: str) -> None:
    async for text in paces(model):
        writer.write(event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}))


async def complete(writer: asyncio.StreamWriter, *, stream: bool) -> None:
    """Answer at once, in three pieces or one, as OpenAI's chat completions do."""
    about: dict[str, object] = {"id": "c", "created": 1, "model": "m"}
    if stream:
        deltas: list[dict[str, object]] = [{"role": "assistant", "content": word} for word in ("It ", "is ", "four.")]
        chunks: list[dict[str, object]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        chunks.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        lines = [json.dumps({**about, "object": "chat.completion.chunk", "choices": [chunk]}) for chunk in chunks]
        data = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()
        kind = b"text/event-stream"
    else:
        choice = {"index": 0, "message": {"role": "assistant", "content": "It is four."}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        whole: dict[str, object] = {**about, "object": "chat.completion", "choices": [choice], "usage": usage}
        data, kind = json.dumps(whole).encode(), b"application/json"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, len(data))
    writer.write(head + data)
    await writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the calls of one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /hung-up"):
                told = json.dumps(hung_up).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(told) + told)
                continue
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert length
            body = await reader.readexactly(int(length[1]))
            if b"/chat/completions" in head:
                await complete(writer, stream=bool(json.loads(body).get("stream")))
            else:
                await answer(reader, writer, _asked_for(body))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _asked_for(body: bytes) -> str:
    """Give the model's name. What it takes to read a long conversation is the service's time, and not measured."""
    asked = re.search(rb'"model": ?"(pace-[^"]+)"', body)
    assert asked
    return asked[1].decode()


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=LONGEST)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
