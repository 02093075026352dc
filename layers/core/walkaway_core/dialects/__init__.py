"""The contracts that are spoken, one folder each. No dialect imports another.

DIALECTS is the one place that registers them. Importing it loads no FastAPI: functions without routes do, too.
"""

from walkaway_core.dialects import native, runs, workflows

DIALECTS = (native.DIALECT, runs.DIALECT, workflows.DIALECT)
