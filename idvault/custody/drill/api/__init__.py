"""Methods of drills."""
