"""The roster: its members, versions, changes and signatures."""
