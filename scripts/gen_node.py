"""Generates clients/node/src/vocabulary.ts, or checks it with --check."""

import sys

from tools.support.generate import node_vocabulary

if __name__ == "__main__":
    sys.exit(node_vocabulary.main())
