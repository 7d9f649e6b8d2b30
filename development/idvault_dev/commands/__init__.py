"""The command idvault dev: the whole vault on one machine."""
