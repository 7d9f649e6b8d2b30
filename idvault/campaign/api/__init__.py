"""Methods of campaigns."""
