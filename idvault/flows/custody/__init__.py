"""Use cases of those who hold shares: drills and hand-overs."""
