"""Reports of rumours: the calls, and the values that they take and return."""
