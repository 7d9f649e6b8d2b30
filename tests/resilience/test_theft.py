"""Promise 5 on a running deployment: what a thief of both databases and every online key finds."""

import base64
import gzip
import zlib
from pathlib import Path

import pytest

from idvault.sealing.identity import MemoryPairMarker
from idvault.sealing.key_set import KeySet, Purpose
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from tools.support.databases import Databases
from tools.torture.theft import attacks, guessing, search, victims
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot, Row
from tools.torture.theft.run import report
from tools.torture.theft.scene import Scene

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
        of_appeals = attacks.of_appeals(scene, loot)
        of_reports = attacks.of_reports(scene, loot)
        now, later = attacks.later(scene, loot)
    finally:
        scene.vault.close()
    everything, waiting, records, numbers, names, marks = found.values()
    assert (everything.found, records.found, names.found, marks.found) == (0, 0, 0, 0)
    assert min(one.tried for one in found.values()) > 0
    # The limits are exactly the stated ones.
    assert (waiting.found, waiting.most) == (2, 2)
    assert numbers.found == len(scene.victims.all)
    # What owners wrote: nothing without the key of texts, everything with it.
    assert [(one.found, one.most) for one in of_appeals] == [(0, 0), (3, 3)]
    assert of_appeals[0].tried > 20
    # Reports: nothing without the key of texts, all with it; who reported only with the edge's key.
    assert [(one.found, one.most) for one in of_reports] == [(0, 0), (15, 15), (0, 0), (3, 3), (0, 0)]
    assert min(one.tried for one in of_reports) > 0
    # How many lie in free pages depends on what was written since; one is enough to try.
    assert now.tried >= 1
    assert now.holds
    assert (later.found, later.tried) == (0, now.tried)


def test_the_guesses_would_find_a_stored_key() -> None:
    """A mark under a key of the loot gives its name away, so one under a drawn key proves something."""
    person, keys = victims.invent(1)[0], {Purpose.REQUEST: KeySet("0", {"0": b"k" * 32})}
    identity = Identity(person.name, Document(DocumentType.RESIDENT_ID, person.number))
    found = []
    for key in (b"k" * 32, b"d" * 32):
        entropy = guessing.Stolen(key)
        mark = MemoryPairMarker(entropy=entropy).mark(relying_party="platform-a", identity=identity)
        tables: dict[str, list[Row]] = {
            "attempts": [{"pair": mark}],
            "account_attempts": [],
            "jobs": [{"pair": None}],
            "persons": [{"relying_party": "platform-a"}],
        }
        loot = Loot(tables, {}, keys)
        found.append(guessing.marks(loot, [person.name, "某"], {"person": person.number}).found)
    assert found == [1, 0]


def test_a_hole_is_a_loss(capsys: pytest.CaptureFixture[str]) -> None:
    """A finding beyond a stated limit is lost and reported; one within it is not."""
    stated = Finding("the numbers", "numbers", 9, 5, most=5)
    good = report([stated, Finding("a try", "names", 9, 0)])
    assert (good.faults, good.lost, good.complaints) == (2, 0, [])
    tally = report([stated, Finding("a hole", "names", 9, 3, most=1)])
    assert (tally.lost, tally.complaints) == (2, ["2 names beyond the stated limits: a hole"])
    assert [row["holds"] for row in tally.details] == [True, False]
    assert "HOLE" in capsys.readouterr().out
