"""PublicAccountService and its message conversion."""
