"""Methods of sessions."""
