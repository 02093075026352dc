"""`walkaway chat`: talk to an agent in turns, type while it works, leave and come back."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from walkaway import errors
from walkaway.commands import cards, chat_line, completing, endings, exits, names, options, senseless, typed
from walkaway.commands.app import App, pass_app
from walkaway.commands.screen import width
from walkaway.events import Event, ToolCallRequested

if TYPE_CHECKING:
    from pathlib import Path

    from prompt_toolkit import Application, PromptSession

    from walkaway import Session
    from walkaway.commands.telling import Telling

HELP = "Enter sends, Alt-Enter begins a new line; /help says what else there is; Ctrl-C leaves"


@options.command(examples=("walkaway chat --agent researcher", "walkaway chat @"))
@click.argument("name", default="", metavar="[SESSION]", shell_complete=completing.sessions)
@click.option("--agent", metavar="NAME", shell_complete=completing.agents, help="The agent of a new session.")
@click.option("--model", metavar="MODEL", help="The model of a new session.")
@pass_app
def chat(app: App, /, *, name: str, agent: str | None, model: str | None) -> None:
    """Talk to an agent, in turns; leave and come back whenever you like.

    Without SESSION the first message makes a new one. Enter sends, Alt-Enter begins a new line, and what is pasted
    stays whole. You may type while a turn runs: you are asked once whether such messages are told to it or wait for its
    end.
    /help lists what else can be done. Ctrl-C or /quit leaves, and cancels nothing. From a pipe each line is a message.
    """
    settings = {key: value for key, value in {"agent": agent, "model": model}.items() if value}
    if name and settings:
        raise click.UsageError("--agent and --model are those of a new session; leave out SESSION")
    session = names.session(app, name).refresh() if name else None
    talk = Talk(app, session, settings)
    app.end(talk.at_a_terminal() if app.asks and app.out.is_terminal else talk.in_a_pipe())


class Talk:
    """A session that somebody talks to. `on_busy`: what becomes of messages while a turn runs; empty: ask once.

    `asks`: the call that the line answers which is being typed. What was begun before it was asked for is a message.
    """

    def __init__(self, app: App, session: "Session | None", settings: dict[str, Any]) -> None:
        self.app, self.on_busy, self.shows_events = app, "", False
        self.attached: list[Path] = []
        self.calls: list[Any] = []
        self.asks: Any = None
        self._session, self._settings = session, settings
        self._telling: Telling | None = None
        self._below: Callable[[int], list[str]] | None = None
        self._prompt: PromptSession[str] | None = None
        if session:
            app.state.use(session.id)

    @property
    def session(self) -> "Session":
        """The session; the first who asks has it made."""
        if self._session is None:
            self._session = self.app.client.with_options(retries=5).sessions.create(**self._settings)
            self.app.state.use(self._session.id)
            self._follow("")
        return self._session

    def in_a_pipe(self) -> int:
        """Send each line, and tell what comes of it; give the exit code."""
        from walkaway.commands import watching

        for line in sys.stdin:
            if text := line.strip():
                turn = self.session.send(text)
                self.app.state.use(turn.session_id, turn.id)
                if code := watching.watch(self.app, turn, endings.telling(self.app)):
                    return code
                endings.tell(self.app, turn)
        return exits.DONE

    def at_a_terminal(self) -> int:
        """Talk until somebody leaves; give the exit code."""
        from prompt_toolkit.patch_stdout import patch_stdout

        from walkaway.commands import chat_words
        from walkaway.commands.receiving import heard
        from walkaway_wire import jsontext

        self._prompt = chat_line.line(self.app, self._toolbar)
        self._prompt.app.before_render += self._ask_for
        with suppress(KeyboardInterrupt, EOFError), heard(), patch_stdout(raw=True):
            self.app.out.note(HELP, dim=True)
            if self._session:
                self._come_back(self._session)
            goes_on = True
            while goes_on:
                self.asks = self.asks if self.asks in self.calls else None  # an answer that is none leaves it asked for
                said = jsontext.whole(self._prompt.prompt(self._mark).strip())
                with self._saying_what_goes_wrong():
                    goes_on = not said or chat_words.take(self, said)
        return self._leave()

    def say(self, text: str, on_busy: str = "") -> None:
        """Send a message. Where a turn runs and nobody has said what then, it is asked."""
        attached, session = list(self.attached), self.session
        send = partial(session.send, text, attachments=attached)
        how: Any = on_busy or self.on_busy or "reject"
        try:
            turn = send(on_busy=how)
        except errors.SessionBusy:
            self.on_busy = how = self._asked_how()
            turn = send(on_busy=how)
        self.attached.clear()
        self.app.state.use(session.id, turn.id)

    def ask(self, question: str) -> str:
        """Ask something besides, which no history keeps."""
        from prompt_toolkit import PromptSession

        answer: str = PromptSession[str]().prompt(question)
        return answer.strip()

    def _asked_how(self) -> str:
        ways = {"s": "steer", "q": "enqueue"}
        while True:
            said = self.ask("A turn runs: [s]teer it with this, or [q]ueue it? ")[:1].lower()
            if said in ways:
                does, other = (
                    ("are told to it", "/queue has them wait") if said == "s" else ("wait", "/steer tells them")
                )
                self.app.out.note(f"While a turn runs, messages {does} from now on; {other}", dim=True)
                return ways[said]

    def _ask_for(self, at: "Application[str]") -> None:
        """Ask for the call that waits longest, unless something is typed already; what has been asked for stays so."""
        if not at.current_buffer.text:
            first = self.calls[0] if self.calls else None
            self.asks = None if first is not self.asks and typed.is_ahead() else first

    def _mark(self) -> str:
        if self.asks:
            return "[y]es [n]o, or n REASON, [s]kip> " if self.asks.needs == "approval" else "output> "
        return "> "

    def _toolbar(self) -> str:
        return "\n".join(self._below(width())) if self._below else ""

    def _come_back(self, session: "Session") -> None:
        """Tell the last turn, as far as it is, and go on with what comes."""
        newest = session.turns(limit=1).first(1)
        if not newest:
            self._follow("")
            return
        turn = newest[0]
        for event in turn.events(after=-1, follow=False, tools=False):
            self._take(event)
        self._follow(f"{turn.id}:{turn.cursor}")

    def _follow(self, after: str) -> None:
        session = self._session
        assert session
        if self._prompt is None:
            return

        def read() -> None:
            with self._saying_what_goes_wrong(f" walkaway chat {session.id} comes back"):
                for event in session.events(after=after):
                    self._take(event)

        threading.Thread(target=read, daemon=True).start()

    @contextmanager
    def _saying_what_goes_wrong(self, instead: str = "") -> Iterator[None]:
        """Say it, whatever it is: the chat lives on."""
        try:
            yield
        except (click.ClickException, errors.WalkawayError, OSError) as error:
            self.app.out.note(f"{exits.sentence(error)}{instead}", fg="red")
        except Exception as error:  # noqa: BLE001 - nobody has foreseen it
            self.app.out.note(f"{exits.sentence(senseless.told(error))}{instead}", fg="red")

    def _take(self, event: Event) -> None:
        assert self._session
        if self._telling is None:
            self._telling = self._begun()
        self._telling.take(event)
        turn = self._session.turn(event.turn_id) if event.turn_id else None
        if isinstance(event, ToolCallRequested) and turn:
            turn.refresh()
            for call in turn.pending:
                if call.call_id == event.call_id:
                    self.calls.append(call)
                    cards.tell(self.app, call)
            self._redraw()
        if event.at_end:
            self._telling.close()
            self._telling, self._below = None, None
            self.calls.clear()
            if turn:
                endings.tell(self.app, turn.refresh())

    def _begun(self) -> "Telling":
        from walkaway.commands.telling import Events
        from walkaway.commands.view import View

        return Events(self.app.out) if self.shows_events else View(self.app.out, screen=self._screen)

    def _screen(self, below: Callable[[int], list[str]]) -> chat_line.Above:
        self._below = below
        return chat_line.Above(self._redraw)

    def _redraw(self) -> None:
        if self._prompt:
            self._prompt.app.invalidate()

    def _leave(self) -> int:
        """Say how to come back; what runs goes on."""
        running = None
        if self._session:
            with suppress(errors.WalkawayError):
                running = self._session.refresh().current
            self.app.out.note(f"{'Still running. ' if running else ''}Come back: walkaway chat {self._session.id}")
        return exits.DETACHED if running else exits.DONE
