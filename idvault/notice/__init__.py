"""Notices of a registry: they mark persons, and end verifications on a day drawn for each account."""
