"""Roster members: the roster, quorums and second factors."""
