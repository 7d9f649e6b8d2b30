"""Promise 5 on a running deployment: what a thief of both databases and every online key finds."""

import base64
import gzip
import zlib
from pathlib import Path

import pytest

from tests.resilience.theft import attacks, search, victims
from tests.resilience.theft.finding import Finding
from tests.resilience.theft.run import report
from tests.resilience.theft.scene import Scene
from tests.support.databases import Databases

NAME = victims.MARK + "安宁"
HIDDEN = {
    "in plain": NAME.encode(),
    "as UTF-16": NAME.encode("utf-16-le"),
    "as UTF-32": NAME.encode("utf-32-be"),
    "as JSON": b'"\\u9f98\\u9750\\u5b89"',
    "backwards": NAME[::-1].encode(),
    "bytes backwards": NAME.encode()[::-1],
    "as hex": NAME.encode().hex().encode(),
    "as HEX": NAME.encode().hex().upper().encode(),
    "as base64": base64.b64encode(b"12" + NAME.encode()),
    "as base64url": base64.urlsafe_b64encode(b"1" + NAME.encode()),
    "percent-encoded": b"%E9%BE%98%E9%9D%90",
    "deflated": zlib.compress(b"before" * 9 + NAME.encode()),
    "gzipped": gzip.compress(b"before" * 9 + NAME.encode()),
    "in a compressed row": NAME.encode()[:4] + b"\x00" + NAME.encode()[4:],
}


@pytest.mark.parametrize("form", HIDDEN)
def test_the_search_finds_what_is_there(form: str) -> None:
    """A name is found in each form within other bytes; otherwise an empty search would prove nothing."""
    noise = bytes(range(256)) * 4
    assert search.search({"file": noise + HIDDEN[form] + noise}, [victims.MARK])
    assert not search.search({"file": noise + noise}, [victims.MARK])


def test_a_thief_of_everything_online_finds_no_name(databases: Databases, tmp_path: Path) -> None:
    """No name or record except of waiting claims; numbers, as the README says; later no name at all."""
    scene = Scene(databases, tmp_path)
    try:
        scene.play(people=3)
        loot = scene.steal("stolen")
        found = {one.attack: one for one in attacks.offline(scene, loot, most_records=1)}
        now, later = attacks.later(scene, loot)
    finally:
        scene.vault.close()
    everything, waiting, records, numbers, names = found.values()
    assert (everything.found, records.found, names.found) == (0, 0, 0)
    assert min(one.tried for one in found.values()) > 0
    # The limits are exactly the stated ones.
    assert (waiting.found, waiting.most) == (2, 2)
    assert numbers.found == len(scene.victims.all)
    assert now.tried >= 4
    assert now.holds
    assert (later.found, later.tried) == (0, now.tried)


def test_a_hole_is_a_loss(capsys: pytest.CaptureFixture[str]) -> None:
    """A finding beyond a stated limit is lost and reported; one within it is not."""
    stated = Finding("the numbers", "numbers", 9, 5, most=5)
    good = report([stated, Finding("a try", "names", 9, 0)])
    assert (good.faults, good.lost, good.complaints) == (2, 0, [])
    tally = report([stated, Finding("a hole", "names", 9, 3, most=1)])
    assert (tally.lost, tally.complaints) == (2, ["2 names beyond the stated limits: a hole"])
    assert [row["holds"] for row in tally.details] == [True, False]
    assert "HOLE" in capsys.readouterr().out
