"""Methods of reports."""
