"""`walkaway completion`: the script that has a shell complete commands, options and names."""

from typing import Final

import click

from walkaway.commands import options
from walkaway.commands.app import App, pass_app

OURS: Final = {" walkaway)": " walkaway 2>/dev/null)", 'string split ","': 'string split -m 1 ","'}
"""What click's scripts say, and what we do: no trouble is shown while somebody types, and names may have commas."""
HOW: Final = {
    "bash": 'eval "$(walkaway completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(walkaway completion zsh)"   in ~/.zshrc, behind compinit',
    "fish": "walkaway completion fish >~/.config/fish/completions/walkaway.fish",
}


@options.command(examples=('eval "$(walkaway completion bash)"', "walkaway completion fish >walkaway.fish"))
@click.argument("shell", type=click.Choice(tuple(HOW)))
@pass_app
def completion(app: App, /, *, shell: str) -> None:
    """Print the script that has a shell complete commands, options, sessions by their titles and agents.

    For bash it is `eval "$(walkaway completion bash)"` in ~/.bashrc; for zsh the same with zsh in ~/.zshrc, behind
    compinit; for fish the script is kept as ~/.config/fish/completions/walkaway.fish.
    """
    from click.shell_completion import get_completion_class

    from walkaway.commands import bash, zsh  # noqa: F401 - click finds them by the shells' names
    from walkaway.commands.main import COMPLETING, main

    kind = get_completion_class(shell)
    assert kind
    script = kind(main, {}, "walkaway", COMPLETING).source().strip()
    for theirs, ours in OURS.items():
        script = script.replace(theirs, ours)
    app.out.line(script)
    if app.out.is_terminal:
        app.out.note(f"This is the script. To have it always: {HOW[shell]}", dim=True)
