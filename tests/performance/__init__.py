"""Measures the performance promises of the design; one module per group of goals."""
