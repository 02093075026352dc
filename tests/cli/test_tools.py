"""`walkaway tools serve`: functions of a module answer calls until somebody stops it."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.terminals import HEEDING, Caller
from walkaway import Walkaway, tool

STOCK = '''
from walkaway import tool

@tool
def stock(sku: str) -> int:
    """Tell how many are in stock.

    sku: article number
    """
    return 42

def price(sku: str) -> float:
    """Tell what one costs."""
    return 1.5

def bare(x): pass
LIMIT = 3
'''


@pytest.fixture
def shop(asked: Caller) -> Caller:
    """Somebody who has a module `stock`."""
    (asked.home / "stock.py").write_text(STOCK)
    return asked


@tool
def stock(sku: str) -> int:
    """Tell how many are in stock."""
    raise AssertionError(sku)


def test_what_the_page_says_has_a_function_called(shop: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([call("stock", sku="A-1")]), Reply([text("There are 42.")])]
    shown = shop("tools", "show", "stock.py")
    assert (shown.code, shop("tools", "show", "stock.py", "-q").out) == (0, "stock\n")
    assert json.loads(shop("tools", "show", "stock.py", "--json").out)[0]["description"].startswith("Tell how many")
    agent = f"shop{uuid4().hex[:8]}"  # the server is shared
    assert shop("agents", "create", agent, "--file", "-", stdin=shown.out.encode()).code == 0
    with shop.terminal("tools", "serve", "stock.py", "--agent", agent) as served:
        served.until("Calls are answered here")
        ran = shop("run", "How many of A-1 are in stock?", "--agent", agent)
        served.until("✓ stock  sess_")
        served.type("\x03")
        assert served.end() == 0
    assert (ran.code, ran.out) == (0, "There are 42.\n"), ran.err
    assert "42" in str(model.requests[-1]["messages"][-1])


def test_the_page_s_own_words_are_true_without_a_key(walkaway: Caller) -> None:
    page = Path("docs/cli-rules.md").read_text().partition("## Tools of your own")[2]
    written, typed = re.findall(r"```(?:python)?\n(.*?)```", page, re.DOTALL)[:2]
    (walkaway.home / "stock.py").write_text(written)
    typed = typed.replace("&", "2>served &").replace("shop", f"shop{uuid4().hex[:8]}")  # the server is shared
    script = f"set -e\n{typed}kill %1\nwait %1\ncat served\n"
    with walkaway.shell("bash", "-mc", script) as seen:
        assert seen.end() == 0
    assert "42" in seen.text


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_answers_until_it_is_stopped_in_good_order(shop: Caller, model: MessagesApi, ending: signal.Signals) -> None:
    model.replies[:] = [Reply([call("stock", sku="A-1")]), Reply([text("There are 42.")])]
    with Walkaway(url=shop.url, key=shop.key) as client:
        turn = client.sessions.create(tools=[stock.definition]).send("How many?")
        process = subprocess.Popen(
            [sys.executable, "-c", HEEDING, "tools", "serve", "stock"],
            env=shop.environ,
            cwd=shop.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert turn.wait(60).text == "There are 42."
            process.send_signal(ending)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "stock\tTell how many are in stock.\n")
    assert err.splitlines()[-1] == "Stopped"
    assert "Traceback" not in err
    assert "42" in str(model.requests[-1]["messages"][-1])


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--agent", "nosuch"), 7, "There is no agent 'nosuch'"),
        (("--url", "http://127.0.0.1:9", "--agent", "a"), 5, "No server"),
    ],
)
def test_nothing_is_said_to_be_answered_before_it_is(shop: Caller, more: tuple[str, ...], code: int, said: str) -> None:
    ran = shop("tools", "serve", "stock.py", *more)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Calls are answered" not in ran.err


def test_on_a_terminal_ctrl_c_stops_it(shop: Caller) -> None:
    with shop.terminal("tools", "serve", "stock.py:stock,price") as seen:
        seen.until("until Ctrl-C")
        seen.type("\x03")
        assert seen.end() == 0
    assert seen.text.splitlines()[:2] == ["▸ stock  Tell how many are in stock.", "▸ price  Tell what one costs."]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nowhere", "There is no module 'nowhere'"),
        ("nowhere.deep:x", "There is no module 'nowhere.deep'"),
        ("nothing.py", "There is no file nothing.py here"),
        ("broken", "broken cannot be imported: ZeroDivisionError: division by zero ("),
        ("needs", "needs cannot be imported: ModuleNotFoundError: No module named 'nonsense'"),
        ("leaves", "leaves cannot be imported: SystemExit: 3"),
        ("stock:nothing", "'nothing' of stock is not there. Its tools: stock"),
        ("stock:LIMIT", "'LIMIT' of stock is a int, no function"),
        ("stock:bare", "bare"),
        ("empty", "empty has nothing that is marked by @tool"),
    ],
)
def test_what_cannot_be_served_is_a_sentence(shop: Caller, what: str, said: str) -> None:
    (shop.home / "broken.py").write_text("1 / 0\n")
    (shop.home / "needs.py").write_text("import nonsense\n")
    (shop.home / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    (shop.home / "empty.py").write_text("")
    ran = shop("tools", "serve", what)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_file_beside_it_takes_no_place_of_python_s_own(shop: Caller) -> None:
    """A folder's `csv.py` would else be what everything imports, the command's own libraries as well."""
    (shop.home / "csv.py").write_text(f"{STOCK}\nHERE = True\n")
    (shop.home / "beside.py").write_text("")
    (shop.home / "uses.py").write_text(f"import csv, beside\ncsv.reader\n{STOCK}")

    def serve(what: str) -> tuple[str, str]:
        command = [sys.executable, "-P", "-m", "walkaway", "tools", "show", what, "-q"]
        done = subprocess.run(
            command, env=shop.environ, cwd=shop.home, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout, done.stderr

    told = "stock\n"
    assert serve("uses")[0] == told
    assert serve("uses.py")[0] == told
    assert serve("csv.py")[0] == told
    out, err = serve("csv")
    assert out == ""
    assert "csv is another module" in err
    assert "name the file: csv.py" in err


def test_a_card_goes_when_somebody_else_has_answered(shop: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([call("stock", sku="A-1")]), Reply([text("There are 42.")])]
    with Walkaway(url=shop.url, key=shop.key) as client:
        turn = client.sessions.create(tools=[stock.definition]).send("How many?")
        with shop.terminal("tail", turn.ref) as seen:
            seen.until("stock asks you for its output")
            turn.refresh()
            turn.answer(turn.pending[0], "42")
            assert seen.end() == 0
    assert "└ it was answered elsewhere" in seen.text
    assert "There are 42." in seen.text


def test_nobody_is_asked_for_what_a_worker_answers(shop: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([call("stock", sku="A-1")]), Reply([text("There are 42.")])]
    with Walkaway(url=shop.url, key=shop.key) as client:
        session = client.sessions.create(tools=[stock.definition])
        with shop.terminal("tools", "serve", "stock") as worker:
            worker.until("until Ctrl-C")
            ran = shop("send", session.id, "How many?")
    assert (ran.code, ran.out) == (0, "There are 42.\n")
