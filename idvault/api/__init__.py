"""The gRPC edge: authenticates and authorises callers, validates requests and converts answers."""
