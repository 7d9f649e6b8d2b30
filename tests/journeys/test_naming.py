"""The operator names a platform's first two moderators with a code, and no third."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idvault_dev import totp
from idvault_dev.layout import PASSPHRASE
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import register
from idvault_verify.error import Reason
from tests.support.house import House

PLATFORM = "platform-c"


def test_the_first_two_are_named(house: House, tmp_path: Path) -> None:
    """Each with a code of its own; the third is for the two, and a damaged file is refused before a code."""
    folder = Path(house.ready["identities"]["operator"])
    passphrase = tmp_path / "passphrase"
    passphrase.write_bytes(PASSPHRASE)
    passphrase.chmod(0o600)
    uri = (folder / totp.FILE).read_text("ascii").strip()

    def name(file: Path, code: str) -> Any:
        options = ("--identity", folder, "--passphrase-file", passphrase, "--code", code)
        return house.command("operator", *options, "name-moderator", file, "--yes")

    files = []
    for number in range(3):
        made = register(ModeratorKey.generate(PLATFORM), now=datetime.now(UTC))
        files.append(tmp_path / f"{number}.json")
        files[-1].write_bytes(made.to_bytes())
    now = datetime.now(UTC)
    first = name(files[0], totp.code(uri, now=now))
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[0] == f"platform: {PLATFORM}"
    assert first.stdout.splitlines()[-1].endswith(f" named at {PLATFORM}")
    spent = name(files[1], totp.code(uri, now=now))
    assert (spent.returncode, Reason.SECOND_FACTOR_REFUSED in spent.stderr) == (4, True)
    second = name(files[1], totp.code(uri, now=now, steps=1))
    assert second.returncode == 0, second.stderr
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps({"platform": PLATFORM}))
    assert (name(damaged, "000000").returncode, "is no registration" in name(damaged, "1").stderr) == (
        4,
        True,
    )
