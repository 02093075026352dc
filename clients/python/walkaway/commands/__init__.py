"""The `walkaway` command, on the client's public methods. Nothing of it is imported by `import walkaway`."""
