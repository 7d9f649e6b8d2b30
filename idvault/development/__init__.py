"""What `idvault dev` needs and production must not have: authority, people, shifted clock, supervisor."""
