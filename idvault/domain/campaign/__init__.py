"""Rules for legacy accounts, campaigns and invitations."""
