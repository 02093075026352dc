"""The public words: what goes over HTTP, shared by the server and by clients of ours."""

VERSION = "0.1.0"
