"""Erasures of what is kept of a person."""
