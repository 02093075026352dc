"""The contracts that are spoken, one folder each. No dialect imports another.

DIALECTS is the one place that registers them. Importing it loads no FastAPI: functions without routes do, too.
"""

from walkaway_core.dialects import managed, native, responses, runs, workflows

DIALECTS = (native.DIALECT, runs.DIALECT, workflows.DIALECT, responses.DIALECT, managed.DIALECT)
