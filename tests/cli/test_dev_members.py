"""Development's members enrol again when an answer comes too late."""

from pathlib import Path

import pytest

from idvault_client.errors import Unavailable
from idvault_dev.commands import members


@pytest.mark.parametrize("late", [0, 1, 2, 3])
def test_an_enrolment_is_repeated_twice(late: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two late answers in a row are no fault; a third one is told."""
    tries: list[Path] = []

    def enrol(folder: Path) -> None:
        tries.append(folder)
        if len(tries) <= late:
            raise Unavailable("no answer in time")

    monkeypatch.setattr(members, "_enrol", enrol)
    ready = {"identities": {"custodian-a": str(tmp_path)}}
    if late < 3:
        members.enrol(ready, ["custodian-a"])
    else:
        with pytest.raises(Unavailable):
            members.enrol(ready, ["custodian-a"])
    assert tries == [tmp_path] * min(late + 1, 3)
