"""`walkaway apply` and `export`: what a file declares, of agents, webhooks and schedules, and such a file of them."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from walkaway.commands import cleaning, options
from walkaway.commands.app import App, pass_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkaway.commands.planning import Step

HEAD = "# What there is, for `walkaway apply`. What is not said here has its default.\n"


@options.command(
    examples=("walkaway apply walkaway.yaml --yes", "walkaway apply agents.yaml hooks.yaml --prune --dry-run")
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing; ends with 0 either way.")
@click.option("--prune", is_flag=True, help="Delete what was made so from here, and no FILE has any more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def apply(app: App, /, *, files: "tuple[str, ...]", dry_run: bool, prune: bool, yes: bool) -> None:
    """Make agents, webhooks and schedules what files say: YAML documents with a kind, a name, and settings.

    FILE may be - for standard input.

    It checks all documents, shows what differs, asks, and acts by name. What a document does not say has its default.
    Nothing else is touched without --prune, which needs all the files at once. A new webhook's secret is shown this
    once. Whether something would differ: --dry-run -q prints the ids, or the names, of what would.
    """
    from walkaway.commands import declared, planning

    planned = planning.steps(app, declared.read(files), prune=prune)
    different = [step for step in planned if step.action != "same"]
    asks = bool(different) and not (dry_run or yes)
    if app.out.is_plain or (asks and app.asks):
        for line in (line for step in different for line in step.lines(app)):
            (app.out.line if app.out.is_plain else app.out.note)(line)
    if dry_run:
        _tell(app, planned, f"Nothing is done: {_count(planned, planning.DONE, 'would be ')}")
        return
    if asks:
        app.sure(f"Apply it: {_count(different, planning.DONE, 'to be ')}?", yes=yes)
    done: list[Step] = []
    try:
        for step in planning.take(app, planned):
            done.append(step)
            if app.out.is_plain and step.action != "same":
                app.out.note(f"{step.what} is {planning.DONE[step.action]}")
            if app.out.is_plain and step.secret:
                app.out.pairs([(f"secret of {step.name}", step.secret)])
    finally:
        if done:
            _tell(app, done, _count(done, planning.DONE))


@options.command(examples=("walkaway export >walkaway.yaml", "walkaway export --kind agent --field name"))
@click.option("--kind", "only", type=click.Choice(["agent", "webhook", "schedule"]), help="These alone.")
@pass_app
def export(app: App, /, *, only: str | None) -> None:
    """Write agents, webhooks and schedules as a file that `apply` takes; secrets are not in it."""
    from walkaway.commands import yamls
    from walkaway.commands.kinds import KINDS

    texts, written, ids = [], [], {}
    for kind in [kind for name, kind in KINDS.items() if only in {None, name}]:
        for raw in sorted(kind.every(app), key=lambda raw: raw["created_at"]):
            if not raw["name"]:
                about = cleaning.line(str(raw.get("url") or raw.get("description") or ""))
                texts.append(f"# The {kind.name} {raw['id']} ({about}) has no name, by which a file could say it.\n")
                continue
            document = kind.written(kind.settings(app, raw))
            untold = kind.untold(raw)
            texts.append(yamls.write(document) + (f"# {untold}\n" if untold else ""))
            written.append(document)
            ids[kind.name, raw["name"]] = str(raw["id"])
    if app.out.is_plain:
        app.out.text((HEAD + "---\n".join(["", *texts])).rstrip())
    else:
        app.out.rows(written, (), lambda raw: ids[raw["kind"], raw["name"]])


def _count(steps: "Sequence[Step]", words: "dict[str, str]", verb: str = "") -> str:
    counted = Counter(step.action for step in steps)
    return ", ".join(
        f"{counted[action]} {verb if action != 'same' else ''}{words[action]}" for action in words if counted[action]
    )


def _tell(app: App, steps: "Sequence[Step]", said: str) -> None:
    if app.out.is_plain:
        app.out.note(said)
        return
    shown = steps if app.said.json or app.said.field else [step for step in steps if step.action != "same"]
    app.out.rows([step.record for step in shown], (), lambda raw: str(raw["id"] or raw["name"]))
