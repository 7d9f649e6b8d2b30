"""The real sealer of texts of moderation, with a key file that lives as long as the tests."""

import tempfile
from functools import cache
from pathlib import Path

from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder
from idvault.sealing.text import KeyedModerationTextSealer
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP


@cache
def moderation_sealer() -> KeyedModerationTextSealer:
    """Return the sealer, the same for every test of a process."""
    with tempfile.TemporaryDirectory(prefix="idvault-keys-") as folder:
        keys = LocalKeyProvider.create(
            Path(folder) / "service.keys",
            keys=key_set.fresh(Holder.SERVICE, entropy=CountingEntropy(start=7_000_000)),
            passphrase=b"words",
            entropy=CountingEntropy(),
            cost=CHEAP,
        )
    return KeyedModerationTextSealer(keys=keys, entropy=CountingEntropy(start=8_000_000))
