"""The calls for drills and hand-overs, and their message conversion."""
