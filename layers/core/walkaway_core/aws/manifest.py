"""What the sandbox function says of a command: a stranger's word, of the right shape or none."""

from typing import Any

from walkaway_wire import jsontext

MOST_BYTES = 20_000_000


def manifest(body: bytes) -> dict[str, Any] | None:
    """Read what the function says has changed: of the right shape, or nothing."""
    try:
        said = jsontext.loads(body)
        code = said["exit_code"]
        return {
            "exit_code": code if code is None else int(code),
            "killed": str(said["killed"])[:500],
            "changed": {str(path): int(number) for path, number, _ in said["changed"]}.items(),
            "deleted": list(dict.fromkeys(map(str, said["deleted"]))),
            "lost": [str(sentence)[:500] for sentence in said["lost"]],
            "kept": _kept(said.get("kept")),
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _kept(said: Any) -> dict[str, Any] | None:
    if said is None:
        return None
    return {
        "pieces": [str(name) for name in said["pieces"]],
        "outputs": [(str(path), str(name)) for path, name in said["outputs"]],
    }
