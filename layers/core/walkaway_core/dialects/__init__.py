"""The contracts that are spoken, one folder each. No dialect imports another."""
