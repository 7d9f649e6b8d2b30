"""The roster members' half: their keys and shares, and opening records. The service must not import it."""
