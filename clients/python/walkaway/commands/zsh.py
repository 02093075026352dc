"""How zsh completes: as click has it, but for backslashes, which stay."""

from typing import Any

from click.shell_completion import CompletionItem, ZshComplete, add_completion_class


class Zsh(ZshComplete):
    """Completion for zsh, whose `_describe` takes a backslash as one that stands before a colon."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write one as the script reads it: what has no help is not given to `_describe`, and stands as it is."""
        value = item.value.replace("\\", "\\\\") if item.help else item.value
        return super().format_completion(CompletionItem(value, item.type, item.help))


add_completion_class(Zsh)
