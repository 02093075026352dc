"""The network ends at this machine: for the process that calls this, and for each Python that it starts."""

import os
import sys
from importlib import import_module
from pathlib import Path

HOOK = Path(__file__).parent / "loopback"
"""Python imports the `sitecustomize` that it finds here when it starts."""
NOBODY = HOOK / "nobody.pem"
"""The only authority that is trusted: nobody has its key, and it ended in 2000. It is read in no time."""


def keep_to_loopback() -> None:
    """Refuse other machines from now on, here and in processes to come. A worker of a test run was born so.

    What names a proxy is taken away, too: none stands before this machine. And no authority vouches for it, so that the
    hundred and fifty of the system, which take longer to read than most tests, are not loaded for each client.
    """
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ["SSL_CERT_FILE"] = str(NOBODY)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(HOOK) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(HOOK), *filter(None, paths)])
    if getattr(sys.modules.get("sitecustomize"), "__file__", "") != str(HOOK / "sitecustomize.py"):
        import_module("tests.kit.loopback.sitecustomize")
