"""What the flows of keys need."""
