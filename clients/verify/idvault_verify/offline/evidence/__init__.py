"""The evidence of an opening: its file, its check without keys, and the page for a court."""
