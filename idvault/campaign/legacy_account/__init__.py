"""Accounts that a platform imported."""
