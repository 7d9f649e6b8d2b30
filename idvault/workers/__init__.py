"""What runs without being called: settling, expiring, publishing."""
