"""Use cases of sanctions."""
