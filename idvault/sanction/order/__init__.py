"""Orders of authorities."""
