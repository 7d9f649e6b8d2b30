"""Use cases of public accounts."""
