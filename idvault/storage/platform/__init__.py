"""Storage of platforms."""
