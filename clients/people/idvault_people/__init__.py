"""The clients of auditors and custodians, on their own machines; they verify everything the service sends."""
