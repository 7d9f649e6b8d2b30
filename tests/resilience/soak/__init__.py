"""Mixed load over minutes: flat memory, flat descriptors, no error, and a log that verifies."""
