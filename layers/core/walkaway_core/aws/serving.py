"""Serves the stream function to the Lambda Web Adapter: `functions/stream/run.sh` starts it in that folder."""

import os

from walkaway_core.aws import lines


def main() -> None:
    """Serve until the environment ends. What is said on the way, also of an app that cannot be loaded, is a line."""
    lines.begin()
    import uvicorn

    uvicorn.run(
        "app:app",
        factory=True,
        host="127.0.0.1",
        port=int(os.environ["AWS_LWA_PORT"]),
        lifespan="off",
        access_log=False,
        log_config=None,
    )


if __name__ == "__main__":
    main()
