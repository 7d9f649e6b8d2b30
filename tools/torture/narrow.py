"""`idvault`, ending with the process that started it.

All writes of a sign-up come from one thread, in order: a fault at the thread's n-th write is a fault at the
sign-up's n-th write.
"""

from idvault.core import process
from idvault.processes.cli import __main__ as command


def main() -> None:
    process.end_with_parent()
    command.main()


if __name__ == "__main__":
    main()
