"""`walkaway models`: which models can be called from here, and whether they answer."""

import os
import time

import click

from walkaway.commands import options
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column
from walkaway_core.models import catalog
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.model import ModelFailed, ModelRefused, ModelRequest
from walkaway_core.settings import BEDROCK, DEFAULT_MODEL, REHEARSAL, SettingError, Settings
from walkaway_local.commands import unknown_settings

COLUMNS = (
    Column("MODEL", lambda raw: str(raw["model"])),
    Column("SERVICE", lambda raw: str(raw["service"])),
    Column("", lambda raw: "default" if raw["default"] else ""),
    Column("PRICE", lambda raw: str(raw["price"])),
    Column("", lambda raw: {True: "ok", False: "FAILED", None: ""}[raw["ok"]]),
    Column("ANSWER", lambda raw: str(raw["answer"]), grows=True),
)


@options.command(examples=("walkaway models", "walkaway models --no-check --field model"))
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--check/--no-check", default=True, help="Call each model once, with a few tokens.")
@pass_app
def models(app: App, /, *, names: tuple[str, ...], check: bool) -> None:
    """List the models that are set up here, and the MODELs named, and ask each for a word.

    What is set up says the environment, as for `walkaway serve`: WALKAWAY_MODEL, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL,
    WALKAWAY_PROVIDERS. Ends with 1 if a model does not answer.
    """
    unknown_settings.warn(os.environ)
    try:
        settings = Settings.read(os.environ)
    except SettingError as error:
        raise click.ClickException(str(error)) from None
    port = AnthropicModel(settings)
    configured = _configured(settings, names)
    answers = {name: _asked(port, name, check=check) for name in configured}
    port.close()
    raws = [
        {
            "model": name,
            "service": _service(settings, name),
            "default": name == settings.model,
            "price": _price(catalog.find(name)),
            "ok": well if check else None,
            "answer": answer,
        }
        for name, (well, answer) in answers.items()
    ]
    app.out.rows(raws, COLUMNS, lambda raw: str(raw["model"]))
    app.end(0 if all(well for well, _ in answers.values()) else 1)


def _configured(settings: Settings, names: tuple[str, ...]) -> list[str]:
    """The offline model, the default one, one of the Anthropic API if there is a key, and those that were named."""
    hosted = [DEFAULT_MODEL] if settings.api_key and not settings.base_url else []
    return list(dict.fromkeys((REHEARSAL, settings.model, *hosted, *names)))


def _price(card: catalog.Card | None) -> str:
    """What a model costs, and when it may go."""
    if card is None:
        return "no price"
    retires = f", until {card.retires} at least" if card.retires else ""
    return f"${card.prices.input:g}/${card.prices.output:g}{retires}"


def _service(settings: Settings, name: str) -> str:
    if name == REHEARSAL:
        return "offline"
    if name.startswith(BEDROCK):
        return "Bedrock"
    return settings.base_url or "Anthropic"


def _asked(port: AnthropicModel, name: str, *, check: bool) -> tuple[bool, str]:
    """Whether a model can be called, and how soon it answered or what was wrong."""
    if problem := port.knows(name):
        return False, problem
    if not check:
        return True, ""
    hello = [{"role": "user", "content": [{"type": "text", "text": "Say hello, in one word."}]}]
    call = port.call(ModelRequest(name, "You are asked whether you are there.", hello, [], max_tokens=16))
    begin = time.monotonic()
    try:
        for _ in call.events():
            pass
    except (ModelFailed, ModelRefused) as error:
        return False, str(error)
    return True, f"after {time.monotonic() - begin:.1f} s"
