"""Use cases of roster members: the roster, quorums and second factors."""
