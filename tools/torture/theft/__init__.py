"""A theft of both databases and of every online key, and its results."""
