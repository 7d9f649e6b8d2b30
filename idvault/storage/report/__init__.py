"""Reads what the transparency report counts."""
