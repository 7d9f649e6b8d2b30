"""Converts messages of sanctions."""
