"""Writes what was asked for: honest filler about the subject, in the form of the file. Says whose work it is."""

import csv
import html
import io
import shlex
from collections.abc import Callable
from typing import Any

from walkaway_core.models.rehearsal.reading import Wish
from walkaway_wire import jsontext

SIGNATURE = "Written by Walkaway's rehearsal model, which works offline and knows nothing about the subject."

ASPECTS = (
    "Summary", "Background", "Scope and questions", "Method", "Findings", "Figures", "People and parties",
    "Opportunities", "Risks", "Alternatives", "Costs", "Timeline", "Open questions", "Recommendations", "Conclusion",
)  # fmt: skip
SENTENCES = (
    "This part looks at {subject} from the side of {aspect}.",
    "A real model would state here what is known about {subject}, and where each fact comes from.",
    "What matters for {aspect} is which decision it supports, so the questions come before the answers.",
    "The rehearsal writes as much text as a model would, so that streams, files and clients have something to carry.",
    "Whoever reads on will find the same structure for {subject} in every part: a claim, a reason, a next step.",
    "Nothing in these lines is a fact about {subject}; they are here to be stored, streamed and downloaded.",
    "With a key in ANTHROPIC_API_KEY the same request gives a text that deserves its headings.",
)
LINES = (
    "What {subject} may be, I cannot tell,",
    "I store each word, and store it well;",
    "the stream may break, the reader roam,",
    "yet every line will find its home.",
    "So leave me here and walk away:",
    "{subject} will keep another day.",
)


def title(subject: str) -> str:
    """Begin with a capital letter, and leave the rest alone."""
    return subject[:1].upper() + subject[1:]


def aspects(count: int) -> list[str]:
    """Name so many parts of a text."""
    return [
        ASPECTS[i % len(ASPECTS)] + (f" ({i // len(ASPECTS) + 1})" if i >= len(ASPECTS) else "") for i in range(count)
    ]


def paragraph(subject: str, aspect: str, number: int) -> str:
    """Write a paragraph, another one for each number."""
    chosen = (SENTENCES[(number + i) % len(SENTENCES)] for i in range(5))
    return " ".join(sentence.format(subject=subject, aspect=aspect.lower()) for sentence in chosen)


def verse(wish: Wish) -> str:
    """Write verses."""
    count = (wish.size or 1) * len(LINES)
    lines = [LINES[i % len(LINES)].format(subject=wish.subject) for i in range(count)]
    return "\n".join(title(line) for line in lines)


def contents(wish: Wish) -> str:
    """Write the text of the file that was asked for, in its format."""
    suffix = wish.path.rpartition(".")[2].lower()
    if suffix in _FORMS:
        return _FORMS[suffix](wish)
    if wish.kind == "code":
        return _comment(wish, "--" if suffix == "sql" else "//" if suffix in ("js", "ts") else "#")
    return _markdown(wish)


def slides(wish: Wish) -> dict[str, Any]:
    """Give the arguments of create_presentation, the path left out."""
    return {
        "title": title(wish.subject),
        "subtitle": SIGNATURE,
        "slides": [
            {
                "title": f"{aspect}: {title(wish.subject)}",
                "bullets": [
                    s.format(subject=wish.subject, aspect=aspect.lower()) for s in SENTENCES[i % 4 : i % 4 + 3]
                ],
            }
            for i, aspect in enumerate(aspects(max(1, wish.size - 1) if wish.size else 5))
        ],
    }


def _markdown(wish: Wish) -> str:
    parts = [f"# {title(wish.subject)}\n\n*{SIGNATURE}*\n"]
    for number, aspect in enumerate(aspects(wish.size or 4)):
        body = "\n\n".join(paragraph(wish.subject, aspect, number + i) for i in range(2))
        parts.append(f"## {number + 1}. {aspect}\n\n{body}\n")
    return "\n".join(parts)


def _table(wish: Wish, delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["number", "subject", "aspect", "note"])
    for number, aspect in enumerate(aspects(wish.size or 10), 1):
        writer.writerow([number, wish.subject, aspect, SIGNATURE])
    return out.getvalue()


def _json(wish: Wish) -> str:
    entries = [{"number": i, "aspect": aspect} for i, aspect in enumerate(aspects(wish.size or 5), 1)]
    return jsontext.dumps({"subject": wish.subject, "note": SIGNATURE, "entries": entries}) + "\n"


def _html(wish: Wish) -> str:
    subject = html.escape(title(wish.subject))
    parts = "\n".join(
        f"<h2>{aspect}</h2>\n<p>{html.escape(paragraph(wish.subject, aspect, i))}</p>"
        for i, aspect in enumerate(aspects(wish.size or 4))
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{subject}</title>\n'
        f"<h1>{subject}</h1>\n<p>{html.escape(SIGNATURE)}</p>\n{parts}\n</html>\n"
    )


def _comment(wish: Wish, mark: str) -> str:
    lines = [title(wish.subject), SIGNATURE, *aspects(wish.size or 5)]
    return "".join(f"{mark} {' '.join(line.split())}\n" for line in lines)


def _python(wish: Wish) -> str:
    return f'"""{SIGNATURE}"""\n\nSUBJECT = {wish.subject!r}\n\nprint(SUBJECT)\n'


_FORMS: dict[str, Callable[[Wish], str]] = {
    "csv": lambda wish: _table(wish, ","),
    "tsv": lambda wish: _table(wish, "\t"),
    "json": _json,
    "html": _html,
    "htm": _html,
    "py": _python,
    "css": lambda wish: f"/* {title(wish.subject).replace('*/', '')}\n   {SIGNATURE} */\n",
}


def chart(wish: Wish) -> str:
    """Write the command that draws a chart of made-up numbers."""
    points = wish.size or 12
    return f"""mkdir -p {shlex.quote(wish.path.rpartition("/")[0] or ".")} && python - <<'END'
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

data = pd.DataFrame({{"value": [(7 * n * n + 3 * n) % 23 for n in range({points})]}})
data.plot(title={title(wish.subject)!r}, xlabel="month", ylabel="index", legend=False)
plt.savefig({wish.path!r}, dpi=120)
print(data.describe())
END"""
