"""Campaigns of re-verification: legacy accounts, plans and invitations."""
