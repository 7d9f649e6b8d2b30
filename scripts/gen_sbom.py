"""Writes requirements/sbom.cdx.json from the image's lock, or checks it with --check."""

import sys

from tools.support.generate import sbom

if __name__ == "__main__":
    sys.exit(sbom.main(sys.argv[1:]))
