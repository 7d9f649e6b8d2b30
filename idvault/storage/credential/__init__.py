"""Storage of status credentials and status lists."""
