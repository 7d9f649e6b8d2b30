"""Use cases of drills."""
