"""The keys of the service: versions, day keys, shred keys and rewrapping."""
