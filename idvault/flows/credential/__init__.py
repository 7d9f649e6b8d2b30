"""Use cases for third-party verification: status tokens, credentials, status lists and their keys."""
