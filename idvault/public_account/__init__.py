"""Public accounts: applications, owners, operators and terms."""
