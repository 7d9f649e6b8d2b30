"""The modules that have SQL: the stores of capabilities, and what they stand on."""

import importlib
import pkgutil
from types import ModuleType

import idvault

_STORE = "store"
_SHARED = (
    *("idvault.core.db", "idvault.core.tables"),
    *("idvault.core.account_request", "idvault.core.person_request"),
)


def is_store(module: str) -> bool:
    """Tell whether a module is a store or a part of one, or shared by all of them."""
    return _STORE in module.split(".")[2:-1] or module.endswith(f".{_STORE}") or module.startswith(_SHARED)


def modules() -> list[ModuleType]:
    """Import every module that has SQL, without the migrations."""
    found = pkgutil.walk_packages(idvault.__path__, "idvault.")
    return [importlib.import_module(each.name) for each in found if is_store(each.name)]
