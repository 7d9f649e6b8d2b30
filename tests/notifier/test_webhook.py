"""Webhooks are those of Standard Webhooks: its own vector, and an Ed25519 signature that verifies."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.core.topic import Audience
from idvault.notification.rules import Notification, Recipient, SendError
from idvault.processes.notifier import webhook
from idvault.processes.notifier.webhook import WebhookSender
from tests.support.notified import SECRET

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE = Notification("m" * 32, "r", {"drill_due": 1}, NOW, 1, NOW)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the reference libraries (standard-webhooks, libraries/python/tests)."""
    headers = webhook.headers_of(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        now=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_an_asymmetric_signature_verifies() -> None:
    """The receiver needs no secret of the vault."""
    seed = bytes(range(32))
    headers = webhook.headers_of(f"whsk_{b64encode(seed).decode()}", "id", b"{}", now=NOW)
    kind, _, signature = headers["webhook-signature"].partition(",")
    assert kind == "v1a"
    signed = f"id.{int(NOW.timestamp())}.".encode() + b"{}"
    Ed25519PrivateKey.from_private_bytes(seed).public_key().verify(b64decode(signature), signed)


@pytest.mark.parametrize(
    "url", ["http://hooks.example/", "file:///etc/passwd", "https://a:b@hooks.example/", "http://10.0.0.1/"]
)
async def test_no_address_but_https_or_this_machine_is_called(url: str) -> None:
    """Whatever wrote the address: the sender looks again."""
    sender = WebhookSender(clock=lambda: NOW)
    with pytest.raises(SendError, match="UNSAFE"):
        await sender.send(Recipient("r", Audience.CUSTODIAN, webhook=url, secret=SECRET), MADE)
    await sender.close()
