"""The workflows dialect, `/api/workflow`, `/api/agent`, `/api/tools` (docs/dialects/workflows.md): turns as tasks."""
