"""Generates clients/vectors: what every reader of papers and files must answer."""
