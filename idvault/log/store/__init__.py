"""The rows of the log."""
