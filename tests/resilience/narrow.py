"""`idvault`, which ends with the process that started it.

A sign-up's writes come from one thread, in order, so that a fault at a thread's n-th write is one at the n-th
write of a sign-up.
"""

from idvault import process
from idvault.cli import __main__ as command


def main() -> None:
    process.end_with_parent()
    command.main()


if __name__ == "__main__":
    main()
