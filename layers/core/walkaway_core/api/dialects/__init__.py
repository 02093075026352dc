"""Contracts of other products, at their own paths: what their clients need, and none of what is ours."""
