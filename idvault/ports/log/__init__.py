"""Interfaces of the transparency log."""
