"""Use cases of erasures."""
