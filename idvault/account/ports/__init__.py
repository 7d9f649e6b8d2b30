"""What flows need of accounts."""
