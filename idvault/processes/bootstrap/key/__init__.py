"""The keys of the service: their files, versions, rewrapping and withdrawal."""
