"""Who files reports."""
