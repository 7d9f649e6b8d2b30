"""Rules of legacy accounts, campaigns and invitations."""
