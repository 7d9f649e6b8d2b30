"""Abuses HTTP/2 against a running vault, while a good client goes on asking."""
