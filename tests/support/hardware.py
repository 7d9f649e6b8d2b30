"""A hardware module in software: SoftHSM 2, Debian's package softhsm2, with a key for each test."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from idvault.sealing.pkcs11_lock import HardwareModule
from tools.support import debian

PIN = b"1234"
_TOKEN = "a token of the tests"
PACKAGE = "softhsm2"
_FOLDERS = ("/usr/lib/softhsm", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm")
_LIBRARIES = tuple(Path(folder) / "libsofthsm2.so" for folder in _FOLDERS)


def module() -> HardwareModule:
    """Return the module with a token, in which there is no key of this label yet."""
    return HardwareModule(_token(), _TOKEN, uuid4().hex)


def uri(module: HardwareModule) -> str:
    """Return the PKCS#11 URI of a module, token and key."""
    token, label = quote(module.token, safe=""), quote(module.label, safe="")
    return f"pkcs11:token={token};object={label}?module-path={quote(str(module.library))}"


@cache
def _token() -> Path:
    """Return the library, whose only token is new. It reads its tokens once in a process."""
    library = _library()
    words = ["--init-token", "--free", "--label", _TOKEN, "--so-pin", "12345678", "--pin", PIN.decode()]
    subprocess.run([debian.which("softhsm2-util"), *words], check=True, capture_output=True)
    return library


def _library() -> Path:
    """Return the module's shared library, installing it where this process may."""
    why = debian.install(_missing) if _missing() else ""
    found = next((path for path in _LIBRARIES if path.exists()), None)
    assert found is not None, f"this test needs Debian's package {PACKAGE}{why}"
    folder = Path(tempfile.mkdtemp(prefix="idvault-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    return found


def _missing() -> Sequence[str]:
    is_there = debian.which("softhsm2-util") and any(path.exists() for path in _LIBRARIES)
    return () if is_there else (PACKAGE,)
