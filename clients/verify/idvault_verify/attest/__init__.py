"""Formats that several parties must agree on: rosters, certificates, HPKE, sealed forms. Stores no keys."""
