"""Withdrawals of verifications that were somebody else's."""
