"""Authorities: orders that their own keys sign, and what became of them."""
