"""The offline model: deterministic, without a key or a network, driven through the same SDK as the real one.

reading.py understands a message by general rules, script.py decides on the next step, prose.py writes, transport.py
answers like the Messages API.
"""
