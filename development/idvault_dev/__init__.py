"""Development only (`idvault dev`): certificate authority, people, shifted clock, supervisor."""
