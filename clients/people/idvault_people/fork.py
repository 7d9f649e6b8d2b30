"""Keeps two signed checkpoints that contradict each other: evidence against the holder of the log's key.

Each pair has a folder of its own in forks/ beside the kept checkpoint, so that a later fork does not replace
the evidence of an earlier one. Its name is a hash of the two signed texts: added cosignature lines make no
new pair.
"""

from hashlib import sha256
from pathlib import Path

from idvault_verify import durable_file, small_file
from idvault_verify.transparency import note

FOLDER, KEPT, REFUSED = "forks", "kept", "refused"
_PRIVATE = 0o700
_NAME_DIGITS = 16
# Whoever has the log's key can show a new history at every call; a few pairs prove as much as many.
_MOST_PAIRS = 16


def keep(state: Path, *, refused: bytes) -> Path:
    """Store the kept checkpoint and the refused one, durably; return their folder.

    Beyond the most pairs nothing is stored, and the folder of all pairs is returned.
    """
    kept = small_file.read(state)
    texts = "".join(note.parse(raw).text for raw in (kept, refused))
    place = state.parent / FOLDER / sha256(texts.encode()).hexdigest()[:_NAME_DIGITS]
    if (place / REFUSED).exists():
        return place
    if place.parent.is_dir() and sum(1 for _ in place.parent.iterdir()) >= _MOST_PAIRS:
        return place.parent
    place.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    durable_file.sync_folder(state.parent)
    durable_file.sync_folder(place.parent)
    durable_file.replace(place / KEPT, kept)
    durable_file.replace(place / REFUSED, refused)
    return place
