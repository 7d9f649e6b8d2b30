"""Interfaces for legacy accounts, campaigns and invitations."""
