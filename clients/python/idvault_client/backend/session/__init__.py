"""Hosted verification: the links that a backend makes, and what happened to them."""
