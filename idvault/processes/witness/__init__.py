"""The log's witness: a program that cosigns checkpoints, and the worker's client for it (C2SP)."""
