"""Storage of claims."""
