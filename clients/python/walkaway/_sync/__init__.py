"""The client: made from `_async` by dev/unasync.py, but for crew.py; `make docs` writes it."""
