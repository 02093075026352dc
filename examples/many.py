"""Fifty at once."""

import asyncio

from walkaway import AsyncWalkaway

TOPICS = [f"lighthouse number {number}" for number in range(1, 51)]


async def main() -> None:
    """Send them all, and wait for each."""
    async with AsyncWalkaway() as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(client.run(f"Write 300 words on {t} to {t}.md")) for t in TOPICS]
    print(len({task.result().turn.ref for task in tasks}), "done")


asyncio.run(main())
