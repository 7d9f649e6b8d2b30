"""An example program that calls a running development vault, with its real paths."""

from collections.abc import Mapping
from typing import Any

_LINES = """\
import uuid
from datetime import UTC, datetime
import idvault_client
from idvault_client import Consent, InvalidFields, Tls, resident_id
from idvault_client.testing import MockRegistry

person = MockRegistry({admin!r}).newcomer()  # a new synthetic person whom the mocked registry knows
vault = idvault_client.connect({target!r}, tls=Tls({ca!r}, {certificate!r}, {key!r}))
try:
    v = vault.verify_individual(person.name, resident_id(person.number),
                                consent=Consent("terms-3", datetime.now(UTC)), request_id=uuid.uuid4())
except InvalidFields as error:
    print(error.texts("zh"))
else:
    print(v.state, v.failure_reason.text("zh") if v.failed else v.account_token, v.status.is_verified)
"""


def lines(ready: Mapping[str, Any], *, platform: str) -> str:
    """Return a Python program with which a platform of the ready file signs up a synthetic person.

    It can run any number of times: each run has a person of its own, as a person's accounts are limited.
    """
    paths = ready["certificates"][platform]
    return _LINES.format(
        target=ready["grpc"],
        ca=ready["ca"],
        certificate=paths["certificate"],
        key=paths["key"],
        admin=ready["registry"]["admin_url"],
    )
