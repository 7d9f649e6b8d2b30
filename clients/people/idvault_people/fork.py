"""Keeps two signed checkpoints that contradict each other: evidence against the holder of the log's key.

Each pair has a folder of its own in forks/ beside the kept checkpoint, so that a later fork does not replace
the evidence of an earlier one. Its name is a hash of the two signed texts: added cosignature lines make no
new pair.
"""

from hashlib import sha256
from pathlib import Path

from idvault_verify import durable_file
from idvault_verify.transparency import note

FOLDER, KEPT, REFUSED = "forks", "kept", "refused"
_PRIVATE = 0o700
_NAME_DIGITS = 16


def keep(state: Path, *, refused: bytes) -> Path:
    """Store the kept checkpoint and the refused one, durably; return their folder."""
    kept = state.read_bytes()
    texts = "".join(note.parse(raw).text for raw in (kept, refused))
    place = state.parent / FOLDER / sha256(texts.encode()).hexdigest()[:_NAME_DIGITS]
    if (place / REFUSED).exists():
        return place
    place.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    durable_file.sync_folder(state.parent)
    durable_file.sync_folder(place.parent)
    durable_file.replace(place / KEPT, kept)
    durable_file.replace(place / REFUSED, refused)
    return place
