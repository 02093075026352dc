"""`walkaway models`: which models can be called from here, and whether they answer."""

import os
import sys
import time

import click

from walkaway_core.models import catalog
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.model import ModelFailed, ModelRefused, ModelRequest
from walkaway_core.settings import BEDROCK, DEFAULT_MODEL, REHEARSAL, SettingError, Settings
from walkaway_local.commands import unknown_settings


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--check/--no-check", default=True, help="Call each model once, with a few tokens.")
def models(names: tuple[str, ...], check: bool) -> None:  # noqa: FBT001
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
    width = max(map(len, configured))
    for name, (well, answer) in answers.items():
        default = "default" if name == settings.model else ""
        price = _price(catalog.find(name))
        mark = ("ok" if well else "FAILED") if check else ""
        click.echo(f"{name:{width}}  {_service(settings, name):12} {default:8} {price:34} {mark} {answer}")
    sys.exit(0 if all(well for well, _ in answers.values()) else 1)


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
