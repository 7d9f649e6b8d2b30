"""An auditor's one-time keys are durable, including their names, before a request is sent."""

import os
import stat
from pathlib import Path

import pytest

from idvault_people.disclosure.one_time_key import FOLDER, OneTimeKeyError, OneTimeKeys
from idvault_verify.attest import hpke
from idvault_verify.attest.disclosure import Terms
from tools.support.chamber import identity

TOKEN = "acct_" + "0" * 26
ID = "ab" * 16


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the kind of each synced descriptor, and the name of each folder."""
    found: list[str] = []
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        found.append(Path(f"/proc/self/fd/{descriptor}").readlink().name if is_folder else "file")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return found


def _signed_request() -> bytes:
    terms = Terms(
        disclosure_id=ID,
        account_token=TOKEN,
        case_reference="case",
        legal_basis="basis",
        purpose="purpose",
        openings=2,
        auditor="auditor-a",
        suite=hpke.X_WING,
        public_key=hpke.public_key(suite=hpke.X_WING, private_key=bytes(32)),
        create_time=1,
        expire_time=3601,
        roster_digest="0" * 64,
    )
    return terms.canonical() + identity("auditor-a").sign(terms.canonical())


def test_a_new_key_and_its_folder_are_synced(tmp_path: Path, synced: list[str]) -> None:
    """The first key syncs the new folder's parent, the file and the folder; later keys file and folder."""
    keys = OneTimeKeys(folder=tmp_path)
    kept = keys.add(identity=identity("auditor-a"), signed_request=_signed_request(), private_key=bytes(32))
    assert synced == [tmp_path.name, "file", FOLDER]
    assert kept.private_key(identity("auditor-a")) == bytes(32)
    synced.clear()
    begun = keys.start_attempt(kept, request_id=lambda: "attempt")
    assert synced == ["file", FOLDER]
    assert keys.get(ID) == begun
    assert begun.attempt_id == "attempt"


def test_a_destroyed_key_is_gone_from_the_folder(tmp_path: Path, synced: list[str]) -> None:
    """Its content is overwritten and its name removed, both synced; a second time changes nothing."""
    keys = OneTimeKeys(folder=tmp_path)
    keys.add(identity=identity("auditor-a"), signed_request=_signed_request(), private_key=bytes(32))
    synced.clear()
    keys.destroy(ID)
    assert synced == ["file", FOLDER]
    with pytest.raises(OneTimeKeyError, match="not on this machine"):
        keys.get(ID)
    keys.destroy(ID)
