"""The calls of those who hold shares, and their messages."""
