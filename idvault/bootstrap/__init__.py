"""The only room that knows every other: it builds each process out of ports, adapters and flows."""
