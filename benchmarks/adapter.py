"""Measures the CPU that the model adapter takes for an answer of 200 deltas, beside the bare SDK's."""

import sys
import time

from anthropic import Anthropic

from benchmarks.turns import free_port, process
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.model import ModelRequest
from walkaway_core.settings import Settings

PACE, ANSWERS = "pace-200-0", 100


def ours(url: str) -> None:
    """Read an answer through the adapter."""
    model = AnthropicModel(Settings(base_url=url))
    said = [{"role": "user", "content": [{"type": "text", "text": "go"}]}]
    for _ in range(ANSWERS):
        for _ in model.call(ModelRequest(PACE, "system", said, [], 1000)).events():
            pass


def control(url: str) -> None:
    """Read an answer through the SDK alone."""
    client = Anthropic(api_key="none", base_url=url)
    for _ in range(ANSWERS):
        for _ in client.messages.create(
            model=PACE, max_tokens=1000, stream=True, messages=[{"role": "user", "content": "go"}]
        ):
            pass


def main() -> None:
    """Measure and print."""
    port = free_port()
    with process(sys.executable, "-m", "benchmarks.model", str(port), port=port):
        taken = []
        for read in (ours, control, ours, control):  # the first two warm up
            begin = time.process_time()
            read(f"http://127.0.0.1:{port}")
            taken.append((time.process_time() - begin) / ANSWERS * 1000)
    print(f"CPU for 200 deltas: {taken[2]:.1f} ms, the SDK alone {taken[3]:.1f} ms, ratio", end=" ")
    print(f"{taken[2] / taken[3]:.2f}; the adapter's own part {taken[2] - taken[3]:.1f} ms (aim ≤ 6)")


if __name__ == "__main__":
    main()
