"""Follows a transparency log by its published files."""
