"""The kit of every route: app, keys, errors, pages, Server-Sent Events. Knows no dialect."""
