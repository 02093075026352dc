"""What the core asks of the world: one Protocol a file, with its data. The contract is in the docstrings.

Adapters: `walkaway_local` for one machine, `walkaway_core.aws` for AWS, `walkaway_core.models` for the model.
Imports nothing but ground: errors, settings, outbound. `tests/ports` holds each sentence against every adapter.
"""
