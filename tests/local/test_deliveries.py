"""A delivery survives the death of its server."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.kit import sse
from tests.kit.servers import PATIENCE, free_port, served
from walkaway.webhooks import verify

LOOPBACK = {"WALKAWAY_OUTBOUND_LOOPBACK": "yes", "WALKAWAY_REHEARSAL_DELAY": "0"}


def test_a_delivery_survives_the_death_of_its_server(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    with served(data, environ=LOOPBACK) as server, server.client() as client:
        body = {"url": f"http://127.0.0.1:{port}/", "events": ["turn.completed"]}
        hook = client.post("/v1/webhooks", json=body).json()
        sse.send(client, sse.new(client), "Write a poem about rain.")
        for _ in range(600):
            found = client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()
            if found and found[0]["attempts"]:
                break
            threading.Event().wait(0.05)
        server.kill()
    came = threading.Event()
    ids: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            verify(hook["secret"], dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
            ids.append(self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()
            came.set()

        def log_message(self, *_: object) -> None:
            pass

    receiver = HTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with served(data, environ=LOOPBACK):
        assert came.wait(PATIENCE), "the second attempt is made by the next server"
    receiver.shutdown()
    receiver.server_close()
    assert ids == [found[0]["id"]]
