"""Storage of drills and hand-overs."""
