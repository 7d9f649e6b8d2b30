"""Drills of custodians."""
