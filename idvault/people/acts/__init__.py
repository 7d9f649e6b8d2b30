"""Use cases of the roster and its quorums."""
