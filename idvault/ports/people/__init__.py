"""Contracts of roster members: the roster, second factors, their requests."""
