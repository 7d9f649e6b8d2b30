"""Storage of public accounts and of their history."""
