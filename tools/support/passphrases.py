"""Makes the least cost of a passphrase guess the default, in this process and its forks.

The real default takes a fifth of a second of CPU time for each file that is encrypted or decrypted, and the
tests have thousands. `tests/attest/test_passphrase.py` tests the real one.
"""

from types import FunctionType

from idvault.processes.bootstrap.key import files as key_files
from idvault.sealing.key_provider import LocalKeyProvider
from idvault_people.opens import identity
from idvault_verify.attest import passphrase
from idvault_verify.attest.passphrase import Cost
from tools.support.people import CHEAP

_CREATE = LocalKeyProvider.__dict__["create"].__func__
_WITH_A_COST = (
    passphrase.lock,
    identity.create,
    identity.change_passphrase,
    key_files.init_keys,
    LocalKeyProvider.__init__,
    _CREATE,
)


def _defaults(function: object) -> dict[str, Cost]:
    assert isinstance(function, FunctionType)
    defaults: dict[str, Cost] = function.__kwdefaults__ or {}
    return defaults


REAL = tuple(_defaults(function)["cost"] for function in _WITH_A_COST)
"""The defaults of the product, of each function that encrypts under a passphrase."""


def make_cheap() -> None:
    """Change the default of each of these functions."""
    for function in _WITH_A_COST:
        _defaults(function)["cost"] = CHEAP
