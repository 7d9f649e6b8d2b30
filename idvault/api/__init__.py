"""The gRPC edge: who calls, may they, what do they ask, and what may they be told."""
