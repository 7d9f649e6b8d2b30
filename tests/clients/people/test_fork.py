"""Two checkpoints that contradict each other are kept as evidence, and no more pairs than prove something."""

from pathlib import Path

from idvault_people import fork
from tools.support import logs
from tools.support.merkle import log_of


def test_a_few_pairs_are_kept(tmp_path: Path) -> None:
    """Whoever has the log's key can show another history at every call; the first ones stay, each once."""
    state = tmp_path / "checkpoint"
    state.write_bytes(logs.signed(log_of(3)))
    shown = [logs.signed([b"other %d" % number]) for number in range(20)]
    places = [fork.keep(state, refused=note) for note in shown]
    kept = sorted((tmp_path / "forks").iterdir())
    assert len(kept) == len(set(places[:16])) == 16
    assert set(places[16:]) == {tmp_path / "forks"}
    assert fork.keep(state, refused=shown[0]) == places[0]
    assert {(place / "refused").read_bytes() for place in kept} == set(shown[:16])
