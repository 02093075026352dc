"""A receiver of webhooks, as OpenAI's client reads them: an endpoint, its secret, and a response of the background."""

# These words are drawn: ferry
from http.server import BaseHTTPRequestHandler, HTTPServer

from openai import InvalidWebhookSignatureError, OpenAI

client = OpenAI()


class Receiver(BaseHTTPRequestHandler):
    """Reads one."""

    def do_POST(self) -> None:
        """Take the event, and refuse what is not signed with the endpoint's secret."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            client.webhooks.unwrap(body, {**self.headers, "webhook-signature": "v1,bm9uZQ=="})
        except InvalidWebhookSignatureError:
            print("refused: another signature")
        event = client.webhooks.unwrap(body, self.headers)
        print("told:", event.type, event.data.id == made.id)
        print("then:", client.responses.retrieve(event.data.id).output_text)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


with HTTPServer(("127.0.0.1", 0), Receiver) as server:
    url = f"http://127.0.0.1:{server.server_port}/hook"
    endpoint = client.webhooks.create(url=url, event_types=["response.completed"], name="peers")
    client.webhook_secret = endpoint.signing_secret
    made = client.responses.create(model="gpt-4.1", input="Say hello to the ferry.", background=True)
    server.handle_request()
client.webhooks.delete(endpoint.id)
