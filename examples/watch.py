"""Watch a turn live: through tunnels, sleeps, and restarts of the server."""

from walkaway import Walkaway
from walkaway.events import StepRetrying, TextDelta, ToolUseExecuting

client = Walkaway()
for event in client.sessions.create().send("Write a poem about a ferry to ferry.md").events():
    match event:
        case TextDelta(content=text):
            print(text, end="", flush=True)
        case ToolUseExecuting(name=name):
            print(f"\n[{name}]")
        case StepRetrying(wait=wait):
            print(f"\n(model in trouble, again in {wait:.0f} s)")
