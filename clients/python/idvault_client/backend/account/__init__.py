"""Account statuses: one, many, and the feed that keeps them fresh."""
