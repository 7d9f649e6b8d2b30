"""What appeals and contests have in common."""
