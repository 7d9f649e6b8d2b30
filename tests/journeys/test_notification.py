"""A custodian hears of a request, and a platform of an erasure, from a running vault."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault_client import Vault
from idvault_dev.layout import Layout
from tests.support.house import House
from tools.demo.disclosure import DisclosureSteps
from tools.support.receiving import SECRET, Receiver
from tools.support.sandbox import Registry, verify, wait_for

MINUTE = 60.0


@pytest.fixture
def receiver(house: House) -> Iterator[Receiver]:
    """Name a custodian and a platform in the running vault's file."""
    made = Receiver()
    file = Layout(house.state).keys / "notify.toml"
    recipients = (("custodian", "custodian", ""), ("backend", "platform", 'of = "platform-a"\n'))
    file.touch(mode=0o600)
    file.write_text(
        "".join(
            f'[[recipient]]\nname = "{name}"\nfor = "{audience}"\n{of}webhook = "{made.url}"\n'
            f'secret = "{SECRET}"\n'
            for name, audience, of in recipients
        ),
        "utf-8",
    )
    yield made
    file.unlink()
    made.close()


def test_they_hear_within_a_minute(
    house: House, vault: Vault, registry: Registry, receiver: Receiver, tmp_path: Path
) -> None:
    """Each is told of its own kinds alone, without a restart of the worker."""
    account = verify(vault, registry.newcomer()).account_token
    begun = time.monotonic()
    DisclosureSteps(scratch=tmp_path).file(house.ready, account_token=account)
    vault.erasures.request(account)
    assert wait_for(lambda: bool(receiver.heard("custodian", "disclosure_requested")))
    assert wait_for(lambda: bool(receiver.heard("backend", "erasure_requested")))
    assert max(at for at, _, _ in receiver.told) - begun < MINUTE
    assert receiver.heard("custodian", "erasure_requested") == []
    assert receiver.heard("backend", "disclosure_requested") == []
    vault.erasures.cancel(account)
    assert wait_for(lambda: bool(receiver.heard("backend", "erasure_cancelled")))
