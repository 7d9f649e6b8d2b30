"""Mixed load for minutes: flat memory and descriptors, no errors, and a log that verifies."""
