"""`walkaway keys`: API keys of a data folder, or of a deployed table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from walkaway.commands import options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column
from walkaway_core.errors import Unavailable, WalkawayError
from walkaway_core.ports import patience
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.table import Table
from walkaway_core.store import api_keys
from walkaway_local import layout, private
from walkaway_local.table import DATABASE, SqliteTable
from walkaway_local.trouble import CannotOpen, unusable


@click.group(cls=options.Group)
def keys() -> None:
    """Make, list and revoke API keys.

    They are kept as hashes, in the local server's data folder or, with --table, in the table of a deployed stack.
    """


def _on_table(*, makes: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the Table that its options name. `makes`: also in a data folder that is not there yet."""

    def given(command: Callable[..., None]) -> Callable[..., None]:
        @click.option("--table", metavar="NAME", help="The DynamoDB table of a deployed stack (its output `Table`).")
        @click.option(
            "--data",
            default=Path(".walkaway"),
            show_default=True,
            type=click.Path(path_type=Path, readable=False),
            help="The data folder of `walkaway serve`.",
        )
        @click.option("--region", metavar="REGION", help="The Region of that stack; by default your AWS profile's.")
        @pass_app
        @wraps(command)
        def run(app: App, /, table: str | None, data: Path, region: str | None, **said: Any) -> None:
            if region and not table:
                raise click.UsageError("--region is that of a deployed stack's table; name it: --table")
            there = _deployed(table, region) if table else _local(data, makes)
            try:
                with patience.within(patience.REQUEST), there as store:
                    command(app, store, **said)
            except (CannotOpen, OSError) as error:
                raise click.ClickException(unusable(data, error)) from None
            except WalkawayError as error:
                raise click.ClickException(str(error)) from None

        return run

    return given


@keys.command("create", examples=("walkaway keys create alice --name laptop", "walkaway keys create alice -q >key.txt"))
@click.argument("tenant")
@click.option("--name", default="", help="What the key is for, to recognise it in the list.")
@_on_table(makes=True)
def create(app: App, table: Table, /, *, tenant: str, name: str) -> None:
    """Make a key for TENANT and print it: it is not shown again.

    A server that runs without keys asks for them from its next start.
    """
    key, made = api_keys.create(table, SystemClock(), tenant, name)
    if app.out.is_plain:
        app.out.note(f"{made.id}: a key for {tenant}; it is not kept, so keep it yourself")
    app.out.record({**_raw(made), "key": key}, lambda: app.out.line(key), key)


@keys.command("list", examples=("walkaway keys list", "walkaway keys list --field tenant"))
@_on_table()
def list_keys(app: App, table: Table, /) -> None:
    """List the keys, tenant by tenant, the oldest first. What they are is not kept."""
    columns = [
        Column("KEY", lambda raw: str(raw["id"])),
        Column("TENANT", lambda raw: str(raw["tenant"])),
        Column("MADE", lambda raw: times.point(raw["created_at"], utc=app.said.utc)),
        Column("NAME", lambda raw: str(raw["name"]), grows=True),
    ]
    none = "There are no keys: walkaway keys create TENANT makes one"
    app.out.rows(map(_raw, api_keys.listing(table)), columns, lambda raw: str(raw["id"]), none)


@keys.command(
    "revoke", examples=("walkaway keys revoke 5e884898da280471", "walkaway keys revoke 5e884898da280471 --json")
)
@click.argument("key_id", metavar="ID")
@_on_table()
def revoke(app: App, table: Table, /, *, key_id: str) -> None:
    """Revoke the key with this ID. Servers that know it forget it within a minute."""
    gone = api_keys.revoke(table, key_id)
    said = partial(app.out.note, f"{gone.id}, a key of {gone.tenant}, is revoked")
    app.out.record({**_raw(gone), "revoked": True}, said, gone.id)


def _raw(key: api_keys.ApiKey) -> dict[str, Any]:
    return {"id": key.id, "tenant": key.tenant, "name": key.name, "created_at": key.created_at}


def any_in(data: Path) -> bool:
    """Whether a data folder has keys. Raises CannotOpen, Unavailable."""
    layout.check(data)
    if not (data / DATABASE).exists():
        return False
    with _local(data, makes=True) as table:
        return api_keys.any_exist(table)


@contextmanager
def _local(data: Path, makes: bool) -> Iterator[Table]:  # noqa: FBT001 - by name where it says something
    private.umask()
    layout.check(data)
    if not makes and not (data / DATABASE).exists():
        raise CannotOpen(f"There is no data folder at {data}; name that of the server: --data")
    if exposed := private.folder(data):
        click.echo(exposed, err=True)
    table = SqliteTable(data / DATABASE, SystemClock())
    try:
        yield table
    finally:
        table.close()


@contextmanager
def _deployed(name: str, region: str | None) -> Iterator[Table]:
    try:
        from walkaway_core.aws.table import FAILURES, DynamoTable, connect
    except ImportError:
        raise click.ClickException("--table needs boto3: pip install 'walkaway[aws]'") from None
    place = region or "the Region of your AWS profile"
    try:
        client = connect(region_name=region)
        place = client.meta.region_name
        table = DynamoTable(client, name, SystemClock())
        try:
            yield table
        finally:
            table.close()
    except (*FAILURES, Unavailable) as error:
        hint = "" if region else "; --region names another one"
        raise click.ClickException(f"{name}, looked for in {place}: {str(error).rstrip('.')}{hint}") from None
