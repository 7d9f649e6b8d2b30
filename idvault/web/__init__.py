"""The hosted pages: a client of the platform edge that keeps no database and no key."""
