"""Let the agent ask this program: a function of its own, called while the turn waits."""

from typing import Literal

from walkaway import Walkaway

client = Walkaway()
SHELVES = {("A-4711", "HAM"): 12, ("A-4711", "ROT"): 7}


@client.tool
def stock(sku: str, warehouse: Literal["HAM", "ROT"] = "HAM") -> int:
    """Tell how many pieces are in stock.

    sku: article number, such as A-4711
    """
    print(f"asked for {sku} in {warehouse}")
    return SHELVES.get((sku, warehouse), 0)


print(client.run("How many A-4711 are in stock?", tools=[stock]).text)
