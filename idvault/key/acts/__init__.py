"""Use cases of keys."""
