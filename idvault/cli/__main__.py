"""The entry of the command `idvault`."""

import sys

from idvault import process

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    # First of all, and before anything slow is imported: from here on a child does not outlive its parent.
    process.end_with_parent()
    try:
        from idvault.cli import app  # noqa: PLC0415 - see above

        sys.exit(app.run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
