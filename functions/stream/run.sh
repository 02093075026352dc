#!/bin/bash
# Started by the Lambda Web Adapter's wrapper in place of the Python runtime.
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}/opt/python"
cd "$LAMBDA_TASK_ROOT" || exit 1
exec python3 -m walkaway_core.aws.serving
