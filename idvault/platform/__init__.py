"""Platforms, monitors and web processes, and their certificates."""
