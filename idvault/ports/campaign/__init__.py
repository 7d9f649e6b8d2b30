"""Contracts of legacy accounts, campaigns and invitations."""
