"""Generates docs/reasons.md from the client's tables, or checks it with --check."""

import sys

from tools.support.generate import reasons

if __name__ == "__main__":
    sys.exit(reasons.main())
