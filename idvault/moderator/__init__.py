"""Moderators: their keys, and the calls that they sign."""
