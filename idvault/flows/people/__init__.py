"""Use cases of roster members: the roster itself, quorums, second factors."""
