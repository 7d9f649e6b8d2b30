"""What a reporter answers to the reply."""
