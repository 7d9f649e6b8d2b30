"""Contracts of the transparency log."""
