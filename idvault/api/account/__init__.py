"""StatusService and its messages."""
