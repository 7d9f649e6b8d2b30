"""Measures what the design promises of speed; one module for each group of goals."""
