"""Use cases of accounts: status, change feed and retention."""
