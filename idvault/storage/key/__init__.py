"""Storage of the service keys that are kept in a database: day keys and shred keys."""
