"""The public words: what goes over HTTP, shared by the server, the SDK and the CLI."""

VERSION = "0.1.0"
