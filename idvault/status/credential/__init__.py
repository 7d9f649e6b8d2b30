"""Status credentials and the published status list."""
