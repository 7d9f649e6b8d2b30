"""The rows of invitations."""
