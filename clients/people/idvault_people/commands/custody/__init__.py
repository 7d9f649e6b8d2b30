"""Commands of custodians about their shares: drill and hand-over."""
