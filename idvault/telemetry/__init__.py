"""Metrics and structured logs; neither ever carries a personal value."""
