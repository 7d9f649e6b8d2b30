"""A second reader and writer of all formats, written from docs/formats.md; imports nothing of idvault."""
