"""Each attack has its effect when its defence is taken away, and none when it is there; nothing hangs or is lost."""

import os
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from tests.security.attacks import ATTACKS, Attack
from tests.security.scene import KEEP, Scene, canary, daemons, scene
from walkaway.kept import alone

AS_ROOT = os.geteuid() == 0
LONG = {
    "count: too many files",
    "memory: many processes",
    "memory: sockets",
    "memory: tables of pages that are only read",
    "path: a search of everything",
}
"""Those that take more than five seconds."""
ALL = [
    pytest.param(attack, marks=[pytest.mark.deep] if attack.name in LONG else [], id=attack.name) for attack in ATTACKS
]


def play(attack: Attack, scene: Scene) -> bool:
    """Let the agent attack; say whether it had its effect."""
    if not attack.canary:
        return attack.seen(scene, run(attack, scene))
    with (
        alone(Path(tempfile.gettempdir()) / "canary", patience=100),
        canary() as process,
    ):  # they end each other as well
        said = run(attack, scene)
        return attack.seen(scene, said + ("\ncanary died" if process.poll() is not None else ""))


def run(attack: Attack, scene: Scene) -> str:
    return scene.run(attack.command, read=attack.read, write=attack.write, timeout=attack.timeout)


@needs_bubblewrap
@pytest.mark.parametrize("attack", ALL)
def test_an_attack_fails_because_of_its_defence(
    attack: Attack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if attack.root and not AS_ROOT:
        pytest.skip("only root can take this defence away")
    assert daemons() == []
    with scene(tmp_path / "defended", monkeypatch) as here:
        assert not play(attack, here), "the attack had its effect"
        if "keep.txt" not in attack.command:
            assert here.content("keep.txt") == KEEP, "a file was lost"
        assert here.run("cat in/a.txt").endswith(KEEP.decode()), "the next command does not work"
        assert list((here.data / "sandbox").iterdir()) == [], "something is left behind"
    with monkeypatch.context() as patch, scene(tmp_path / "open", patch) as there:
        attack.opened(patch, there)
        try:
            assert play(attack, there), "without the defence, the attack should have its effect"
        finally:
            for pid in daemons():
                os.kill(pid, signal.SIGKILL)


def test_there_are_enough_of_them_and_of_many_kinds() -> None:
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.name for attack in ATTACKS} > LONG
    assert max(Counter(attack.name.partition(":")[0] for attack in ATTACKS).values()) <= 6
