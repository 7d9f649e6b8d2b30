"""Fault tests of whole deployments: killed processes, failing disks, cut connections, concurrent requests."""
