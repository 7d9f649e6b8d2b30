"""Attacks whole deployments: killed processes, failing disks, cut connections, crowds, hostile input."""
