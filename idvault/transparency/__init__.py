"""The log as bytes and hashes, made and checked by pure functions; holds no private key."""
