"""Generates idvault_verify/v1 from proto/: messages and their types; run it after each change there."""

import sys

from tools.support.generate import proto

if __name__ == "__main__":
    sys.exit(proto.main())
