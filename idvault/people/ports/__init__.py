"""What the flows of the roster need."""
