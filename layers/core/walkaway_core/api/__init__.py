"""HTTP: routes that read a request, call one use case, and write its answer."""
