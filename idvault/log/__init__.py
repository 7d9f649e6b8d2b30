"""The transparency log: sequencing, publication, witnesses and epochs."""
