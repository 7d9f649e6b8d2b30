"""Runs the example against a vault on this machine: python clients/examples/im_backend --ready-file FILE."""

import argparse
import sys
import time

from clients.examples.im_backend.backend import Form, ImBackend
from idvault_client import VaultError, testing

_PAUSE_SECONDS = 1.0


def main() -> int:
    """Sign one person up and show the profile; exit code 1 if that fails, 3 without a usable ready file."""
    parser = argparse.ArgumentParser(prog="im_backend", description=main.__doc__)
    parser.add_argument("--ready-file", required=True, help="the file written by idvault dev --ready-file")
    parser.add_argument("--platform", default=testing.DEVELOPMENT_PLATFORM, help="the platform to call as")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for a pending claim")
    arguments = parser.parse_args()
    try:
        vault = testing.connect(arguments.ready_file, platform=arguments.platform)
    except (OSError, ValueError) as error:
        print(f"im_backend: {error}", file=sys.stderr)
        return 3
    with vault:
        return _run(ImBackend(vault), wait=arguments.wait)


def _run(backend: ImBackend, *, wait: float) -> int:
    form = Form(_ask("nickname"), name=_ask("name"), number=_ask("resident identity number"))
    backend.sign_up(form)
    for field, message in form.shown.items():
        print(f"{field or 'form'}: {message}")
    end = time.monotonic() + wait
    while backend.waiting() and time.monotonic() < end:
        print(f"{form.nickname}: no answer yet")
        time.sleep(_PAUSE_SECONDS)
        backend.poll()
    if backend.user(form.nickname) is None:
        return 1
    print(backend.profile(form.nickname))
    return 0


def _ask(what: str) -> str:
    # Every user of the machine could read a personal value on the command line.
    print(f"{what}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VaultError as failure:
        sys.exit(f"im_backend: {failure}")
