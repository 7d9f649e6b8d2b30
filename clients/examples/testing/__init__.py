"""Shows how to test a backend against a real vault."""
