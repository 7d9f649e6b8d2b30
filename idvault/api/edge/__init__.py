"""What every call passes: the server, its interceptors, and who may call."""
