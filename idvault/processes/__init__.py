"""The programs: they build the service, run it and check it."""
