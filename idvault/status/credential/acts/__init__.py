"""Use cases of credentials, the status list and its keys."""
