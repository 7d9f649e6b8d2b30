"""Bytes that several sides must agree on: rosters, certificates, HPKE, sealed forms. Keeps no key."""
