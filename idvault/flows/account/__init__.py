"""Use cases of accounts: their status, their change feed, what time does to them."""
