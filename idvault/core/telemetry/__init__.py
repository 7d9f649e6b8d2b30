"""Metrics and structured logs; neither ever contains personal data."""
