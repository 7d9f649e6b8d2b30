"""StatusService and its message conversion."""
