"""Interfaces that the flows need from outside, one file per capability."""
