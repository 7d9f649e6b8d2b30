"""The people's half: their own keys and shares, and opening. The service cannot import this room."""
