"""The log's bytes and hashes, created and checked by pure functions; holds no private key."""
