"""The sessions API, `/v1/…` (docs/dialects/native.md)."""
