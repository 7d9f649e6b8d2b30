"""The names of a deployment."""
