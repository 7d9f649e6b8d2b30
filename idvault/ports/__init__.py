"""What the flows need from the outside, one file per capability."""
