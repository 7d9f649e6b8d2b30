"""The rows of credentials and the status list."""
