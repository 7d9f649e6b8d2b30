"""A few forged documents; `scripts/torture forgeries` makes the full count."""

from dataclasses import replace

from tools.torture import forgeries
from tools.torture.campaign import Options
from tools.torture.forgeries import Document
from tools.torture.tally import Tally


def test_no_changed_document_is_believed() -> None:
    """Each kind is changed a hundred times; changes that change nothing are not counted."""
    tally = forgeries.run(Options(count=100, seed=17))
    assert tally.complaints == []
    assert set(tally.figures) == {"evidence", "signed again", "receipt", "history"}
    assert tally.faults > 380


def test_a_check_that_believes_too_much_is_found() -> None:
    """What a changed document says beyond the true one is lost, and what it leaves out is not."""

    def believe(data: bytes) -> forgeries.Facts:
        return frozenset({("name", data.decode("latin-1"))} if data else ())

    document = Document("letter", b"true", b"othe", believe)
    assert document.judge(b"trua") == "name"
    assert document.judge(b"") == ""
    tally = Tally()
    forgeries.judge(document, Options(count=1).dice(), Options(count=50), tally)
    assert tally.faults >= tally.lost > 30
    nothing = replace(document, prove=lambda _: frozenset())
    forgeries.judge(nothing, Options(count=1).dice(), Options(count=1), tally := Tally())
    assert tally.complaints == ["the true letter proves nothing"]
