"""The offline model: deterministic, without a key or a network, driven through the same SDK as the real one.

reading.py understands a message by general rules, script.py decides on the next step, prose.py writes, thinking.py says
how thinking comes with it. transport.py answers like the Messages API: refusing.py and binding.py know what is refused,
stream.py has the events. docs/rehearsal.md says it for whoever asks.
"""
