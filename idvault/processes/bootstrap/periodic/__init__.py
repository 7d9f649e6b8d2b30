"""The worker's tasks, built capability by capability; nothing here imports what serves callers."""
