"""The gRPC services whose methods belong to several capabilities."""
