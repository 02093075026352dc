"""Measures the CPU that the model adapter takes for an answer of 200 deltas, beside the bare SDK's.

Both read in turns, so that whatever else the machine does falls on both; what is printed are medians of these pairs.
"""

import statistics
import time
from collections.abc import Callable

from anthropic import Anthropic

from benchmarks.servers import model
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.model import ModelRequest
from walkaway_core.settings import Settings

PACE, ANSWERS, PAIRS, WARM_UP = "pace-200-0", 20, 15, 2
AIM = 1.15


def ours(url: str) -> Callable[[], None]:
    """Read an answer through the adapter."""
    model = AnthropicModel(Settings(base_url=url))
    said = [{"role": "user", "content": [{"type": "text", "text": "go"}]}]

    def read() -> None:
        for _ in model.call(ModelRequest(PACE, "system", said, [], 1000)).events():
            pass

    return read


def control(url: str) -> Callable[[], None]:
    """Read an answer through the SDK alone."""
    client = Anthropic(api_key="none", base_url=url)

    def read() -> None:
        for _ in client.messages.create(
            model=PACE, max_tokens=1000, stream=True, messages=[{"role": "user", "content": "go"}]
        ):
            pass

    return read


def taken(read: Callable[[], None]) -> float:
    """Give the CPU of one answer, in milliseconds."""
    begin = time.process_time()
    for _ in range(ANSWERS):
        read()
    return (time.process_time() - begin) / ANSWERS * 1000


def main() -> None:
    """Measure and print."""
    with model() as service:
        url = f"http://127.0.0.1:{service.port}"
        adapter, sdk = ours(url), control(url)
        pairs = [(taken(adapter), taken(sdk)) for _ in range(WARM_UP + PAIRS)][WARM_UP:]
    mine, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    print(f"CPU for 200 deltas, medians of {PAIRS} pairs: {mine:.2f} ms, the SDK alone {bare:.2f} ms;", end=" ")
    print(f"ratio {statistics.median(ratios):.3f} ({ratios[0]:.2f} to {ratios[-1]:.2f}; aim ≤ {AIM})")


if __name__ == "__main__":
    main()
