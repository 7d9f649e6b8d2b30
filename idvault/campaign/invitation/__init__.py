"""Invitations of a campaign."""
