"""Storage of legacy accounts, campaigns and invitations."""
