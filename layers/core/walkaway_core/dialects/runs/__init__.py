"""The runs dialect, `/api/v1/runs` (docs/dialects/runs.md): turns as jobs that are listed and counted."""
