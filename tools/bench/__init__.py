"""Measures the service and compares revisions: `scripts/bench`."""
