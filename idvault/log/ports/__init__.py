"""What the flows of the log need."""
