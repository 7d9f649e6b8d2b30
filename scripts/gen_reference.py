"""Generates docs/reference.md from the program, or checks it with --check."""

import sys

from tools.support.generate import reference

if __name__ == "__main__":
    sys.exit(reference.main())
