"""Runs the main job end to end: `scripts/demo`."""
