"""Promises that existing tests cover: runs the tests and counts pytest's last line.

- attempts: 80 names for a number at once, 150 during an outage, strangers' names; nothing tells whose it is.
- keys: keys of small order, wrong salts and damaged key files are refused; a durable file is synced; rotation
  and rewrapping are killed at 100 random points.
- roles: every role calls every method with every kind of certificate.
- pgbouncer: acts and reads behind a pooler, in each mode, with cancelled callers and with wrong settings.
- second-factor: codes are reused, used concurrently, by several processes and after a restart, and guessed.
- walks: state machines and long random walks beside a model, in full; the suite goes a tenth of their way.
- whole: every case of the tables of which the suite tries a sample.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.support import pgbouncer
from tools.support import walks as lengths
from tools.torture.campaign import Options
from tools.torture.tally import Tally
from tools.torture.tracer import MissingToolError

_ROOT = Path(__file__).parents[2]
_COMPLAINT = re.compile(r"FAILED |ERROR ")
_COUNTED = re.compile(r"(?:(?P<failed>\d+) failed, )?(?P<passed>\d+) passed")
_SHOWN = 20
WALKS = (
    "tests/flows/authority/test_walk.py",
    "tests/flows/claim/test_review_walk.py",
    "tests/flows/erasure/test_walk.py",
    "tests/flows/notification/test_walk.py",
    "tests/flows/public_account/test_walk.py",
    "tests/flows/sanction/test_appeal_walk.py",
    "tests/flows/sanction/test_content_measure_walk.py",
    "tests/flows/sanction/test_walk.py",
    "tests/flows/session/test_disavowal_walk.py",
    "tests/flows/session/test_guardian_walk.py",
    "tests/flows/session/test_joining_walk.py",
    "tests/flows/session/test_revocation_walk.py",
    "tests/flows/test_campaign_invariant.py",
    "tests/flows/test_disclosure_life.py",
    "tests/flows/test_representative_walk.py",
    "tests/flows/tip_off/test_contact_walk.py",
    "tests/flows/tip_off/test_walk.py",
    "tests/transparency/test_verifier.py",
    "tests/witness/test_cosigner.py",
)
"""The tests whose length tools/support/walks.py says; a test compares."""

WHOLE = (
    "tests/api/test_role_matrix.py",
    "tests/cli/restore/test_ages.py",
    "tests/clients/console/authority/test_pages.py",
    "tests/clients/console/disclosure/test_pages.py",
    "tests/clients/console/operator/test_pages.py",
    "tests/clients/test_node.py",
    "tests/flows/session/test_cuts.py",
    "tests/formats/test_vectors.py",
    "tests/journeys/test_demo.py",
    "tests/resilience/test_bombs.py",
    "tests/storage/notification/test_torn_notifications.py",
    "tests/storage/sanction/test_content_measure_acts.py",
    "tests/storage/test_torn_acts.py",
    "tests/storage/test_torn_disavowals.py",
    "tests/storage/test_torn_orders.py",
    "tests/storage/test_torn_platforms.py",
    "tests/storage/test_torn_reviews.py",
    "tests/storage/tip_off/test_torn_acts.py",
    "tests/storage/tip_off/test_torn_contact.py",
    "tests/web/test_attacks.py",
    "tests/web/test_rendering.py",
)
"""The tests that draw a sample by tools/support/sampling.py; a test compares."""

IN_FULL = {lengths.SETTING: str(lengths.FULL)}
"""The environment of tests that try every case."""

_KEYS = (
    "tests/domain/test_ed25519.py",
    "tests/domain/test_record.py",
    "tests/attest/test_jose.py",
    "tests/attest/people/test_roster.py",
    "tests/transparency/test_note.py",
    "tests/sealing/test_key_provider.py",
    "tests/sealing/test_key_set.py",
    "tests/flows/key/test_kills.py",
    "tests/test_durable_file.py",
)


def roles(options: Options) -> Tally:
    """Run promise 11; each test counts as a fault and calls every method."""
    return run(options, "tests/api/test_role_matrix.py", environment=IN_FULL)


def second_factor(options: Options) -> Tally:
    """Run promise 9."""
    return run(
        options, "tests/flows/people/test_second_factor.py", "tests/storage/people/test_second_factor.py"
    )


def attempts(options: Options) -> Tally:
    """Run the attacks on the limit of attempts, and on claims that are not sent."""
    return run(options, "tests/flows/claim/test_attempts.py", "tests/registry/test_withheld.py")


def keys(options: Options) -> Tally:
    """Run promise 18."""
    return run(options, *_KEYS)


def pooler(options: Options) -> Tally:
    """Run the storage layer behind pgbouncer; raises MissingToolError."""
    if pgbouncer.PROGRAM is None:
        raise MissingToolError("pgbouncer is missing on this host; install it, or run other campaigns")
    return run(options, "tests/storage/base/behind_pgbouncer.py")


def walks(options: Options) -> Tally:
    """Run the random walks, as many tenths of them as requested."""
    return _once(options, *WALKS, environment={lengths.SETTING: str(options.count)})


def whole(options: Options) -> Tally:
    """Run the tests that draw a sample, with as many tenths of it as requested: ten are every case."""
    return _once(options, *WHOLE, environment={lengths.SETTING: str(options.count)})


def run(options: Options, *files: str, environment: Mapping[str, str] | None = None) -> Tally:
    """Run the tests of some files as often as requested; each failure counts as lost."""
    tally = Tally()
    for _ in range(options.count):
        if not options.stop.is_set():
            tally.add(_once(options, *files, environment=environment))
    return tally


def _once(options: Options, *files: str, environment: Mapping[str, str] | None = None) -> Tally:
    command = ["-m", "pytest", "-q", "-rfE", *(["-k", options.only] if options.only else []), *files]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=_ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return counted(done.stdout.splitlines() or [""], code=done.returncode)


def counted(lines: Sequence[str], *, code: int) -> Tally:
    """Return the counts in pytest's output; output without counts is a loss."""
    tally = Tally(complaints=[line for line in lines if _COMPLAINT.match(line)][:_SHOWN])
    found = _COUNTED.match(lines[-1])
    if found is None:
        tally.lose(f"pytest ended with: {lines[-1]}")
        return tally
    tally.faults, tally.lost = int(found["passed"]), int(found["failed"] or 0)
    if code and not tally.lost:
        tally.lose(f"pytest ended with exit code {code}")
    return tally
