"""Reports of users about accounts."""
