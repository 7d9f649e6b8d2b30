"""Formats, values and checks that a reader needs, and nothing of the service."""
