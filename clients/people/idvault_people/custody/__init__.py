"""The custodians' shares: drills and hand-overs."""
