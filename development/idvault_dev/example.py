"""An example program that calls a running development vault, with its real paths."""

from collections.abc import Mapping
from typing import Any

_LINES = """\
import uuid
from datetime import UTC, datetime
import idvault_client
from idvault_client import Consent, InvalidFields, Tls, resident_id

vault = idvault_client.connect({target!r}, tls=Tls({ca!r}, {certificate!r}, {key!r}))
try:
    v = vault.verify_individual({name!r}, resident_id({number!r}),
                                consent=Consent("terms-3", datetime.now(UTC)), request_id=uuid.uuid4())
except InvalidFields as error:
    print(error.texts("zh"))
else:
    print(v.state, v.failure_reason.text("zh") if v.failed else v.account_token, v.status.is_verified)
"""
# A fixed synthetic identity of the registry's published test system.
_NAME, _NUMBER = "某一一", "110000190101010001"


def lines(ready: Mapping[str, Any], *, platform: str) -> str:
    """Return a Python program with which a platform of the ready file signs up a synthetic person."""
    paths = ready["certificates"][platform]
    return _LINES.format(
        target=ready["grpc"],
        ca=ready["ca"],
        certificate=paths["certificate"],
        key=paths["key"],
        name=_NAME,
        number=_NUMBER,
    )
