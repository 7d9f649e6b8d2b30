"""Storage of accounts, their sealed records and their change feed."""
