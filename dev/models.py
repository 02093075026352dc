"""Writes docs/models.md from the table of models: `python -m dev.models`; `--check` says that it is stale.

`--check` also warns of models that go soon; with `--release` it fails for them, since a release is used for months.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from walkaway_core.models import catalog
from walkaway_core.models.catalog import THINKING, Card, Prices

PLACE = Path(__file__).parents[1] / "docs/models.md"
SOON = timedelta(days=60)
OLD = timedelta(days=90)


def going(today: date) -> list[str]:
    """Say which models may be gone within two months, or are."""
    dated = [(card.retires, name) for name, card in catalog.cards().items() if card.retires]
    return [
        f"{name} {'may be gone since' if retires <= today else 'may go on'} {retires}"
        for retires, name in sorted(dated)
        if retires <= today + SOON
    ]


PAGE = """\
# Models

What is known of models, as of {as_of}; made from `layers/core/walkaway_core/models/catalog.json` by `make docs`. Any
other model can be named, too: it gets what the session says, has no price, and is taken to have a window of {window}
tokens, or of `WALKAWAY_CONTEXT_TOKENS`.

A session that asks for what its model refuses is told so when it is made. One that was made before is worked on without
it, and an event (`step.adjusted`) says so.

## Other names

`WALKAWAY_MODEL_ALIASES` (`ModelAliases` of a stack) has other names for clients that know theirs alone:
`fast=claude-haiku-4-5,gpt-*=claude-sonnet-5-5`. A name that ends in `*` stands for all that begin so; a whole name goes
before those, a longer beginning before a shorter one. It holds for sessions, agents and messages, however they come.
What is called is settled when a session is made, a message says it, or a turn of an agent begins; records show the name
that was asked for.

Without a model service `gpt-*`, `claude-*` and `o1`, `o3` and their like are the offline model, so that programs that
were written for a service run as they are.

## Prices

US dollars for a million tokens. Cost limits (`max_cost_usd`) need a model of this list, or *rehearsal*, which costs
nothing. *Not gone before*: what the service has promised; a day that is past does not say that the model is gone, look
at the source. On Bedrock, inference profiles of one part of the world (`us.`, `eu.`, …) cost a tenth more. Web
searches: ${searches} for a thousand.

{prices}

## What they take

Tokens. *Summed up at*: a conversation that is longer becomes a summary, unless `WALKAWAY_CONTEXT_TOKENS` says something
else. *Effort*: the model's own in bold.

{takes}

## How they think

`thinking` unsaid: as the model does by itself. `true`: it thinks, and readers see a summary of it. A number: so many
more tokens for it. `false`: it does not, where that can be. *Bound*: thinking that goes back to the model is checked
against all that stands before it; so it is left out behind a summary, and where instructions, tools or the model have
changed.

{thinks}

## Where this is from

{sources}

## To add one

Add a row to the table, with its date and source, and run `make docs`. `make check` warns of models that may be gone
within two months.
"""


def page() -> str:
    """Write docs/models.md."""
    table = catalog.table()
    cards = [card for card in catalog.cards().values() if "offline" not in card.services]
    costs = ("model", "input", "output", "cache write, 5 min", "1 h", "cache read", "not gone before")
    takes = (
        "model",
        "window",
        "answer",
        "summed up at",
        "effort",
        "temperature, top_p",
        "forced tool",
        "images, pages",
    )
    return PAGE.format(
        as_of=table["as_of"],
        window=f"{catalog.UNKNOWN_WINDOW:,}",
        searches=f"{table['web_search_requests']:g}",
        prices=_table(costs, [row for card in cards for row in _prices(card)]),
        takes=_table(takes, [_takes(card) for card in cards]),
        thinks=_table(("model", "", "`thinking: false`", "bound"), [_thinks(card) for card in cards]),
        sources="\n".join(f"- {what}: {url}" for what, url in table["sources"].items()),
    )


def _prices(card: Card) -> Iterator[tuple[str, ...]]:
    above = card.above
    first = f"`{card.name}`" + (f", input up to {above[0]:,}" if above else "")
    yield (first, *_dollars(card.prices), str(card.retires))
    if above:
        yield (f"`{card.name}`, above", *_dollars(above[1]), "")


def _dollars(prices: Prices) -> Iterator[str]:
    for price in (prices.input, prices.output, prices.cache_write, prices.cache_write_1h, prices.cache_read):
        yield f"{price:g}"


def _takes(card: Card) -> tuple[str, ...]:
    efforts = ", ".join(f"**{effort}**" if effort == card.effort else effort for effort in card.efforts)
    taken, forced = ("yes" if takes else "no" for takes in (card.sampling, card.forced_tools))
    counts = f"{card.images}, {card.pages}"
    return (
        f"`{card.name}`",
        f"{card.window:,}",
        f"{card.output:,}",
        f"{card.compact_at:,}",
        efforts or "none",
        taken,
        forced,
        counts,
    )


def _thinks(card: Card) -> tuple[str, ...]:
    off = f"up to effort {card.off_effort}" if card.off_effort else "no"
    return f"`{card.name}`", THINKING[card.thinking], "yes" if off.endswith("max") else off, "yes" if card.bound else ""


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ("---",) * len(head), *rows])


def main() -> None:
    """Write, or check."""
    text, checks = page(), "--check" in sys.argv
    if not PLACE.exists() or PLACE.read_text() != text:
        if checks:
            sys.exit("stale: docs/models.md; run `make docs`")
        PLACE.write_text(text)
    if checks:
        _warn()


def _warn() -> None:
    today = datetime.now(UTC).date()
    soon = going(today)
    for line in soon:
        print(f"models: {line}")
    age = today - date.fromisoformat(catalog.table()["as_of"])
    if age > OLD:
        print(f"models: the table is {age.days} days old")
    if "--release" in sys.argv and (soon or age > OLD):
        sys.exit("models: look at the table before a release")


if __name__ == "__main__":
    main()
