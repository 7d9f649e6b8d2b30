"""Measures on content."""
