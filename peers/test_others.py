"""Programs of Agent Framework, LlamaIndex and LiteLLM, unchanged but for address and key, against `walkaway serve`."""

from pathlib import Path

from peers.running import holds

HELLO = r"rehearsal model.* You wrote about: Say hello to the ferry"
LEAVES = r"The answer is:\n\nthe ferry leaves"


def test_agent_framework(url: str, tmp_path: Path) -> None:
    expected = [
        "plain: .*rehearsal model",
        f"called: I ask next_ferry.{LEAVES} quay-7 at 08:15",
        f"streamed: True I ask next_ferry.{LEAVES} quay-7 at 08:15",
        f"session: resp I ask next_ferry.{LEAVES} quay-8 at 08:15",
        "typed: 45",
    ]
    holds("agent_framework_hello.py", "frameworks", url, tmp_path, *expected)


def test_llama_index(url: str, tmp_path: Path) -> None:
    expected = [
        f"complete: .*{HELLO}",
        "streamed: True",
        "chat: True True",
        f"tool: next_ferry {LEAVES} quay-7",
        "typed: 45",
    ]
    holds("llama_index_hello.py", "openai2", url, tmp_path, *expected)


def test_litellm(url: str, tmp_path: Path) -> None:
    expected = [
        f"made: completed .*{HELLO}",
        "streamed: response.created response.completed",
        f"tool: ferry {LEAVES} at 08:15",
        "again: completed",
        "deleted: True",
    ]
    holds("litellm_hello.py", "peers", url, tmp_path, *expected)
