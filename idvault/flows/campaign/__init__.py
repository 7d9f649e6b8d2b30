"""Use cases of legacy accounts, campaigns and invitations."""
