"""How bash completes: what has been typed as bash reads it, and names quoted for the place where they stand."""

import os
import re
from dataclasses import dataclass, field
from typing import Any, Final

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

SCRIPT: Final = r"""
%(complete_func)s() {
    local each said
    COMPREPLY=()
    said=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    while IFS= read -r each; do
        case "$each" in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*) COMPREPLY+=("${each#plain,}") ;;
        esac
    done <<<"$said"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
"""Ctrl-C while it waits leaves bash's line in disorder. That is bash's own: `_f() { x=$(sleep 9); }` does it, too."""
SPECIAL: Final = {"": r"([^\w@%+./:=,-])", '"': r'(["\\$`])'}
"""What has to be escaped, by the quote that is open."""


@dataclass
class Line:
    """What has been typed. `words`: those that are whole. `word`: the one that is being typed, without its quotes.

    `kept`: how many of its letters bash leaves alone, since it takes what follows them for the word. `quote`: that is
    open.
    """

    words: list[str] = field(default_factory=list)
    word: str = ""
    kept: int = 0
    quote: str = ""


def read(line: str, breaks: str) -> Line:
    """Read what has been typed, up to the cursor. `breaks`: letters that begin a word for bash's completion."""
    found, begun, escaped = Line(), False, False
    for letter in line:
        if escaped:
            found.word += letter if not found.quote or letter in '"$`\\' else f"\\{letter}"
            escaped = False
        elif letter == "\\" and found.quote != "'":
            begun = escaped = True
        elif letter == found.quote or (letter in "'\"" and not found.quote):
            found.quote = "" if found.quote else letter
            found.kept, begun = len(found.word), True
        elif letter.isspace() and not found.quote:
            found = Line([*found.words, found.word] if begun else found.words)
            begun = False
        else:
            found.word += letter
            begun = True
            if letter in breaks and not found.quote:
                found.kept = len(found.word)
    return found


def typed(value: str, line: Line) -> str | None:
    """Say what bash has to type for a value; None: it cannot, as it leaves another beginning alone."""
    before = line.word[: line.kept]
    if value.casefold().startswith(before.casefold()):
        value = value[line.kept :]
    elif not before.endswith("="):  # of an option, whose value it is
        return None
    if line.quote == "'":
        return value.replace("'", "'\\''")
    return re.sub(SPECIAL[line.quote], r"\\\1", value)


class Bash(BashComplete):
    """Completion for bash, where click's own takes no quotes, and no word with a colon in it."""

    source_template = SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """Give the words that are whole, but for the command's, and the one that is being typed."""
        self._line = read(os.environ["COMP_LINE"], os.environ.get("COMP_WORDBREAKS", ""))
        return self._line.words[1:], self._line.word

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write one as the script reads it."""
        value = typed(item.value, self._line) if item.type == "plain" else ""
        return "none," if value is None else f"{item.type},{value}"


add_completion_class(Bash)
