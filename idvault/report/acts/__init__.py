"""Computes, publishes and shows the transparency report."""
