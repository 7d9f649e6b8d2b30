"""Counts of the transparency report."""
