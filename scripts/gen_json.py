"""Generates deploy/envoy/idvault.binpb and openapi.json from proto/, or checks them with --check."""

import sys

from tools.support.generate import json_edge

if __name__ == "__main__":
    sys.exit(json_edge.main())
