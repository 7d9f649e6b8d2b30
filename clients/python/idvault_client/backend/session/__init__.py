"""Hosted verification: the links that a backend makes, and what became of them."""
