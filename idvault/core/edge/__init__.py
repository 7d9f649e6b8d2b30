"""The gRPC server, the stages that every call passes, and access control."""
