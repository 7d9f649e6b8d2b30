"""The operator's own page: which accounts stand in my name."""
