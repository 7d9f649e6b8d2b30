"""Fills the examples and the table of events into docs/formats.md, or checks them with --check."""

import sys

from tools.support.generate import formats

if __name__ == "__main__":
    sys.exit(formats.main())
