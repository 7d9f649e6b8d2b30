"""Use cases of the log."""
