"""Templates: what the form of a sanction begins with."""
