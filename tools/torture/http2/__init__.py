"""Abuses HTTP/2 against a running deployment while a good client keeps calling."""
