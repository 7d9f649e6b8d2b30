"""The entry of the command `idvault`."""

import sys

from idvault.core import process

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    # This comes before any slow import, so that a child never outlives its parent.
    process.end_with_parent()
    try:
        sys.exit(_run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run(arguments: list[str]) -> int:
    from idvault.processes.cli import app  # noqa: PLC0415 - see above

    return app.run(arguments)


if __name__ == "__main__":
    main()
