"""Storage of the service's keys that lie in a database: day keys and shred keys."""
