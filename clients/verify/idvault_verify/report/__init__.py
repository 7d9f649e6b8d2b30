"""The figures of the transparency report."""
