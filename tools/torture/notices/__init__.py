"""Notices of a registry: applied once whoever dies, and of their numbers nothing is left in any file."""
