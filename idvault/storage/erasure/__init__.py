"""Storage of erasures."""
