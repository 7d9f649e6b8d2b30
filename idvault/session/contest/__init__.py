"""Contests of a decision."""
