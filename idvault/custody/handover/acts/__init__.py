"""Use cases of hand-overs."""
