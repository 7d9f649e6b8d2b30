"""Interfaces for roster members: the roster, second factors and members' requests."""
