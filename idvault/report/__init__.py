"""The transparency report."""
