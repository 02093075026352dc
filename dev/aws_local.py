"""`make aws-local`: an emulated account on loopback with the template's resources, for calling single functions.

Its state machine and its API work too, on the functions of this process. It is slow and keeps nothing; to use Walkaway
on one machine there is `walkaway serve`.
"""

import json
import logging
import os
import socket
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any, NoReturn

import click
import uvicorn
from moto.server import ThreadedMotoServer

from dev.applier import Applied, apply
from dev.deployment import Deployment, at_work
from dev.emulated import ACCOUNT, EMULATED
from dev.gateway import Gateway
from dev.seed import KEY, seed
from dev.template import ROOT, Stack

POLL_SECONDS = 1.0
ENV_FILE = ROOT / ".aws-local.json"
NO_METRICS = {"WALKAWAY_METRICS": ""}
"""They would be lines on the terminal, and nobody makes metrics of them here."""


@click.command()
@click.option("--port", default=5005, show_default=True, help="Of the emulated account.")
@click.option("--api-port", default=5006, show_default=True, help="Of the API, through a gateway like AWS's.")
@click.option("--env-file", default=ENV_FILE, show_default=False, type=click.Path(path_type=Path))
def main(port: int, api_port: int, env_file: Path) -> None:
    """Serve until interrupted."""
    _check_free(port, "--port")
    _check_free(api_port, "--api-port")
    endpoint = f"http://127.0.0.1:{port}"
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")  # the SDK would look for the account behind a proxy
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        os.environ.update(ACCOUNT, AWS_ENDPOINT_URL=endpoint, MOTO_PORT=str(port))
        _configure(endpoint)
        with at_work(apply(Stack({"StreamDoor": "buffered"})), NO_METRICS) as deployment:
            seed(deployment.services["api"])
            env_file.write_text(json.dumps(variables(deployment, endpoint), indent=2) + "\n")
            print(_about(deployment.applied, endpoint, api_port, env_file), flush=True)
            over = threading.Event()
            threading.Thread(target=_poll, args=(deployment, over), daemon=True).start()
            _serve(deployment, api_port)
            over.set()
    finally:
        server.stop()
        env_file.unlink(missing_ok=True)


def variables(deployment: Deployment, endpoint: str) -> dict[str, dict[str, str]]:
    """Each function's variables, as `sam local invoke --env-vars` and `dev.invoke` read them."""
    return {
        function.name: {**function.environ, **ACCOUNT, "AWS_ENDPOINT_URL": endpoint}
        for function in deployment.functions.values()
    }


def _check_free(port: int, option: str) -> None:
    """Refuse a port that is taken, before anything of another account is touched."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        raise click.ClickException(
            f"port {port} is taken, perhaps by another account; name one with {option}"
        ) from None


def _configure(endpoint: str) -> None:
    """Switch moto's interpreter on: it has no variable for that."""
    asked = urllib.request.Request(  # noqa: S310 - our own server on loopback
        f"{endpoint}/moto-api/config", json.dumps(EMULATED).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(asked).close()  # noqa: S310


def _poll(deployment: Deployment, over: threading.Event) -> None:
    """Read the queues, as event source mappings do."""
    while not over.wait(POLL_SECONDS):
        try:
            deployment.poll()
        except Exception:
            logging.getLogger(__name__).exception("a message could not be taken; it comes again")


def _serve(deployment: Deployment, port: int) -> None:
    config = uvicorn.Config(Gateway(deployment), host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    uvicorn.Server(config).run()


def _about(applied: Applied, endpoint: str, port: int, env_file: Path) -> str:
    shown = env_file.relative_to(ROOT) if env_file.is_relative_to(ROOT) else env_file
    return f"""\
Emulated account on {endpoint}  table: {applied.ref("Table")}  bucket: {applied.ref("Bucket")}
API on http://127.0.0.1:{port}/prod  key: {KEY}
Variables of each function: {shown}

  .venv/bin/python -m dev.invoke CallModelFunction events/call_model.first_step.json
  sam local invoke CallModelFunction -e events/call_model.first_step.json --env-vars {shown} --docker-network host

The second needs Docker, and `make build` before it. Ctrl-C ends the account and all that is in it."""


def _run() -> NoReturn:
    """Serve, and end whatever still goes on in the account: an interpreter waits for threads, and those for days."""
    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    _run()
