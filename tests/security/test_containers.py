"""Hostile commands in containers: what holds for every command holds there, and what stays leads nowhere later."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import as_somebody
from tests.local.test_containers import made
from tests.ports.sandbox_contract import Hands
from tests.security import holding
from tests.security.attacks import ATTACKS, Attack
from tests.security.scene import PRIVATE, SECRET, Scene, daemons, scene
from tests.security.test_attacks import LONG
from walkaway_core.ports import paths
from walkaway_core.ports.containers import MOST_ENTRIES
from walkaway_core.ports.sandbox import SandboxRefused
from walkaway_local.sandbox import (
    bubblewrap,
    cloning,
    contained,
    growth,
    mounting,
    mounts,
    points,
    running,
    seccomp,
    unnamed,
)
from walkaway_sandbox import kept, tree

pytestmark = needs_bubblewrap

OTHERS = ("symlink", "output", "count", "name", "scope", "forged", "disk", "size")
"""What these attack is the way into the tenant's files, or the disk in memory: containers have neither."""
QUICK = {
    "path: an absolute path",
    "environment: env",
    "open files: the server's",
    "mount: over what is read-only",
    "network: loopback",
    "keys: the login's",
}
COMMON = [
    pytest.param(attack, marks=[] if attack.name in QUICK else [pytest.mark.deep], id=attack.name)
    for attack in ATTACKS
    if attack.name.partition(":")[0] not in OTHERS
    and attack.name not in LONG
    and not attack.canary
    and attack.read == ("",)
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with scene(tmp_path, monkeypatch) as made:
        yield made


def hands(scene: Scene, session: str = "sess_1") -> Hands:
    return Hands(scene.stack.services.sandbox, scene.stack.services.workspace, paths.container("t", session))


@pytest.mark.parametrize("attack", COMMON)
def test_what_fails_in_a_copy_fails_in_a_container(attack: Attack, here: Scene) -> None:
    own = hands(here)
    said = own.run(here.filled(attack.command), timeout=attack.timeout)
    assert not attack.seen(here, said), "the attack had its effect"
    assert own.run("echo goes on") == "goes on\n"
    assert daemons() == []


Effect = Callable[[Scene], bool]
Weaken = Callable[[pytest.MonkeyPatch, Scene], None]


@dataclass(frozen=True)
class Staying:
    """An attack in several commands of one container. `effect` carries it out, and says whether it worked."""

    name: str
    effect: Effect
    weaken: Weaken


def outputs_hold(*commands: str) -> Effect:
    """What comes out has a secret in it."""

    def effect(scene: Scene) -> bool:
        own = hands(scene)
        (scene.host / "outputs").mkdir()
        (scene.host / "outputs/secret.txt").write_text(SECRET)
        for command in commands:
            own.run(scene.filled(command))
        return any(SECRET.encode() in content for content in own.outputs.values())

    return effect


def host_has(*commands: str, place: str = "/workspace/in/evil") -> Effect:
    """Something is made in a folder of the host, by the server, where the container has a link."""

    def effect(scene: Scene) -> bool:
        own = hands(scene)
        mount = own.upload("1", b"x", place)
        for command in commands:
            own.run(scene.filled(command))
        for keeps in (False, True):
            with suppress(SandboxRefused):  # bubblewrap finds nothing where the server went
                own.run("true", keeps=keeps, mounts=(mount,))
        return len(list(scene.host.iterdir())) > 1

    return effect


def told(command: str, words: str, *, keeps: bool = True) -> Effect:
    """The command is told something, in a second session."""

    def effect(scene: Scene) -> bool:
        first = hands(scene)
        first.run(f"echo {PRIVATE} > private.txt")
        own = hands(scene, "sess_2")
        mount = own.upload("1", b"mounted", "/mnt/session/uploads/data.csv")
        own.run("echo mine > a")
        text = scene.filled(command).replace("@FIRST@", f"{scene.data}/containers/t/sess_1/{first.generation}")
        return words in own.run(f"{text}; cat a /uploads/data.csv", mounts=(mount,), keeps=keeps)

    return effect


def stays_set(scene: Scene) -> bool:
    """A program of another user is kept as one that everybody runs as that user."""
    own = hands(scene)
    own.run("cp /usr/bin/id id; chmod 6755 id")
    (found,) = (scene.data / "containers/t/sess_1").glob(f"{own.generation}/tree/workspace/id")
    return found.stat().st_mode & 0o6000 != 0


def follows_outputs(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Look for outputs as one would without a thought."""

    def files(folder: Path, below: str) -> Iterator[tuple[str, os.stat_result]]:
        top = folder / below if below else folder
        for parent, _folders, names in os.walk(top, followlinks=bool(below)):
            for name in names:
                path = Path(parent) / name
                if path.exists():
                    yield str(path.relative_to(top)), path.stat() if below else path.lstat()

    patch.setattr(kept, "files", files)
    patch.setattr(tree, "contents", lambda folder, path: iter([(folder / path).read_bytes()]))


def follows_on_the_way(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Make what is mounted on as one would without a thought."""

    def make(tree: Path, path: str, *, folder: bool, **_: Any) -> list[str]:
        place = tree / path
        (place if folder else place.parent).mkdir(parents=True, exist_ok=True)
        if not folder:
            place.touch()
        return [path]

    patch.setattr(points, "make", make)
    patch.setattr(points, "remove", lambda *_: None)


def shows_the_data(patch: pytest.MonkeyPatch, scene: Scene) -> None:
    """Mount the data folder."""
    made, folder = mounts.system, str(scene.data)
    patch.setattr(mounts, "system", lambda *given, **more: [*made(*given, **more), mounts.Bind(folder, folder)])
    ahead = f"{mounting.TREE}{folder}" if os.geteuid() == 0 else folder
    shown = [*mounts._parents(folder), "--bind", ahead, folder]
    arguments = bubblewrap._container_arguments
    patch.setattr(bubblewrap, "_container_arguments", lambda *given, **more: [*arguments(*given, **more), *shown])
    patch.setattr(contained, "user", lambda _: 0 if os.geteuid() == 0 else None)
    for path in (scene.data, *scene.data.rglob("*")):
        path.chmod(0o777)


def writes_what_is_only_read(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Mount everything so that it may be written."""
    arguments = bubblewrap._container_arguments

    def changed(*given: Any, **more: Any) -> list[str]:
        made = list(arguments(*given, **more))
        for index, part in enumerate(made):
            if part == "--ro-bind" and made[index + 2].startswith(("/workspace", "/mnt")):
                made[index] = "--bind"
        return made

    patch.setattr(bubblewrap, "_container_arguments", changed)


def keeps_every_mode(patch: pytest.MonkeyPatch, _: Scene) -> None:
    """Leave modes as they are."""
    patch.setattr(kept, "_mode", lambda *_: None)


OUT = "/mnt/session/outputs"
STAYING = [
    Staying("outputs: a link to a secret", outputs_hold(f"ln -s @HOST@/secret.txt {OUT}/a"), follows_outputs),
    Staying("outputs: a link to a directory", outputs_hold(f"ln -s @HOST@ {OUT}/a"), follows_outputs),
    Staying("outputs: a link in their place", outputs_hold(f"rmdir {OUT}; ln -s @HOST@ {OUT}"), follows_outputs),
    Staying(
        "outputs: a link above them",
        outputs_hold("mv /mnt/session /mnt/old; ln -s @HOST@ /mnt/session"),
        follows_outputs,
    ),
    Staying("mounts: through a link", host_has("ln -s @HOST@ in"), follows_on_the_way),
    Staying(
        "mounts: through a link that goes up",
        host_has("mkdir in; ln -s @HOST@ in/up", place="/workspace/in/up/evil"),
        follows_on_the_way,
    ),
    Staying(
        "mounts: the server's directories",
        host_has("mv /mnt/session /mnt/old; ln -s @HOST@ /mnt/session"),
        follows_on_the_way,
    ),
    Staying(
        "others: another session's container", told("cat @FIRST@/tree/workspace/private.txt", PRIVATE), shows_the_data
    ),
    Staying(
        "others: written into what is only read",
        told("echo evil > a", "evil", keeps=False),
        writes_what_is_only_read,
    ),
    Staying("mode: set for everybody", stays_set, keeps_every_mode),
]


@pytest.mark.parametrize("attack", STAYING, ids=lambda attack: attack.name)
def test_what_stays_leads_nowhere(attack: Staying, here: Scene) -> None:
    assert not attack.effect(here), "the attack had its effect"


@pytest.mark.parametrize("attack", STAYING, ids=lambda attack: attack.name)
def test_the_defence_is_what_keeps_it_out(attack: Staying, here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    attack.weaken(monkeypatch, here)
    assert attack.effect(here), "without the defence, the attack should have its effect"


LOOKED_AT = 10
"""How often a command is looked at that nobody ends."""
TOO_MUCH = f"the container had more than {MOST_ENTRIES} files, {holding.MOST} bytes"


def held(own: Hands, text: str, patch: pytest.MonkeyPatch, lost: int = 0) -> str:
    """Let a command hold what it holds until it is ended, or was looked at; give what came of it.

    The server's disk, which others use as well, has lost so much by then.
    """
    looks, made = itertools.count(), growth.Growth.too_much

    def too_much(self: growth.Growth, *given: int) -> bool:
        if not (self._folder / "workspace/ready").exists():
            return False
        if next(looks) == LOOKED_AT:
            (self._folder / "workspace/go").touch()
        return made(self, *given)

    def free(folder: Path) -> int:
        return 10**12 - (lost if (folder / "workspace/ready").exists() else 0)

    patch.setattr(contained, "MOST_BYTES", holding.MOST)
    patch.setattr(running, "LOOK_EVERY", 0)
    patch.setattr(running, "TICK", 0.01)
    patch.setattr(growth, "SHARE", 0)
    patch.setattr(growth.Growth, "too_much", too_much)
    patch.setattr(cloning, "free", free)
    return own.run(text, timeout=60) + own.finished.killed


def held_by_somebody(text: str, lost: int = 0, *, looks: bool = True) -> str:
    """The same where the server is not root."""

    def act(folder: Path) -> str:
        with pytest.MonkeyPatch.context() as patch:
            if not looks:
                sees_no_processes(patch)
            return held(made(folder), text, patch, lost)

    return as_somebody(act)


def sees_no_processes(patch: pytest.MonkeyPatch) -> None:
    """Look at the tree alone."""
    patch.setattr(unnamed, "look", lambda *_: unnamed.Seen(-1, set()))


HELD = {name: (text, 0) for name, text in (holding.SEEN | {"mapped": holding.MAPPED}).items()}
HELD |= {name: (text, 2 * holding.MOST) for name, text in holding.AWAY.items()}


def holdings(*quick: str) -> list[Any]:
    """Give all, of which these are looked at in every run."""
    return [
        pytest.param(*held, marks=[] if name in quick else [pytest.mark.deep], id=name) for name, held in HELD.items()
    ]


HOLDING_FOR_SOMEBODY = [
    pytest.param(holding.SEEN["open"], 0, id="open"),
    pytest.param(holding.MAPPED, 2 * holding.MOST, id="mapped"),
    pytest.param(holding.CLOSED, 2 * holding.MOST, id="closed to others"),
    pytest.param(holding.AWAY["on their way"], 2 * holding.MOST, id="on their way"),
]


@pytest.mark.parametrize(
    ("text", "lost"),
    holdings(
        "open", "of a thread with descriptors of its own", "in processes that end and begin", "mapped", *holding.AWAY
    ),
)
def test_files_without_a_name_count(text: str, lost: int, here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert held(hands(here), text, monkeypatch, lost).startswith(TOO_MUCH)


@pytest.mark.parametrize(("text", "lost"), holdings("open", "on their way"))
def test_who_looks_at_the_tree_alone_misses_them(
    text: str, lost: int, here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees_no_processes(monkeypatch)
    assert held(hands(here), text, monkeypatch, lost) == "DONE"


@pytest.mark.parametrize(("text", "lost"), HOLDING_FOR_SOMEBODY)
@pytest.mark.parametrize("looks", [True, pytest.param(False, marks=pytest.mark.deep)])
def test_they_count_where_the_server_is_not_root(text: str, lost: int, *, looks: bool) -> None:
    said = held_by_somebody(text, lost, looks=looks)
    assert said.startswith(TOO_MUCH) if looks else said == "DONE"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        pytest.param(holding.NOTHING, 2 * holding.MOST, id="others fill the disk"),
        pytest.param(holding.AWAY["on their way"], 0, id="what is on its way takes nothing of the disk"),
    ],
)
def test_who_holds_little_is_not_ended(text: str, lost: int, here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert held(hands(here), text, monkeypatch, lost) == "DONE"


def weak_filter(patch: pytest.MonkeyPatch, *given_up: str) -> None:
    """Filter no calls of these names, and nothing that depends on where a command writes."""
    refused = {name: numbers for name, numbers in seccomp.REFUSED.items() if name not in given_up}
    patch.setattr(seccomp, "REFUSED", refused)
    program = seccomp.program.__wrapped__
    patch.setattr(seccomp, "program", lambda machine, **_: program(machine, stored=False))


def test_no_rule_keeps_a_file_that_nobody_sees(here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    own = hands(here)
    assert own.run(holding.RULE) == "no rule, all is free\n"
    weak_filter(monkeypatch, "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
    assert own.run(holding.RULE) in {"a rule, 20 MB are gone\n", "no rule, all is free\n"}  # a kernel without it


@pytest.mark.parametrize("how", holding.RESERVED)
def test_no_space_is_taken_but_by_writing(how: str, here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    own = hands(here)
    assert own.run(holding.RESERVED[how]) == "Operation not supported\n0\n"
    assert own.run(holding.WRITTEN) == "20000000 True\n"
    weak_filter(monkeypatch)
    assert own.run(holding.RESERVED[how]) == "Success\n20000768\n"
