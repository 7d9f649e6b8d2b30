"""Use cases of custodians' shares: drills and hand-overs."""
