"""Sends webhooks as Standard Webhooks specifies them: id, time, signature, and a small JSON body.

- The signature is HMAC-SHA256 (v1) under a `whsec_` secret, or Ed25519 (v1a) under a `whsk_` one, of
  `ID.TIME.BODY`.
- Redirects are not followed, proxies from the environment are not used, cookies are not kept. Of an answer
  only the status counts; its body is not read.
- The address is the operator's own setting: https, or http on this machine.
"""

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

import aiohttp

from idvault.notification.rules import Failure, Notification, Recipient, SendError
from idvault.processes.notifier import file
from idvault.sealing import signing

_PATIENCE = 15.0
_GONE = 410
WAITING, TEST = "idvault.waiting", "idvault.test"


def body_of(recipient: Recipient, notification: Notification) -> bytes:
    """Return what is sent: the same bytes at each attempt."""
    data = {
        "recipient": recipient.name,
        "waiting": [{"kind": kind, "number": number} for kind, number in notification.body.items()],
    } | ({"link": recipient.link} if recipient.link else {})
    kind = WAITING if notification.body else TEST
    return json.dumps({"type": kind, "timestamp": notification.made_at.isoformat(), "data": data}).encode()


def headers_of(secret: str, message_id: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """Return the headers of an attempt; raises ValueError for an unusable secret."""
    time, key = str(int(now.timestamp())), file.secret_bytes(secret)
    signed = b".".join((message_id.encode(), time.encode(), body))
    if secret.startswith(file.ED25519):
        signature = "v1a," + b64encode(signing.sign_with(key, signed)).decode()
    else:
        signature = "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "idvault",
        "webhook-id": message_id,
        "webhook-timestamp": time,
        "webhook-signature": signature,
    }


class WebhookSender:
    """Posts messages; calls may overlap."""

    def __init__(self, *, clock: Callable[[], datetime], patience: float = _PATIENCE) -> None:
        """Begin without a connection. clock: real time. patience: seconds of one attempt."""
        self._clock, self._patience = clock, patience
        self._session: aiohttp.ClientSession | None = None

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Post a message (notification.ports.Sender)."""
        if not file.is_safe_url(recipient.webhook):
            raise SendError(Failure.UNSAFE)
        body = body_of(recipient, notification)
        headers = headers_of(recipient.secret, notification.message_id, body, now=self._clock())
        try:
            async with asyncio.timeout(self._patience):
                status = await self._post(recipient.webhook, headers, body)
        except TimeoutError:
            raise SendError(Failure.LATE) from None
        except (aiohttp.ClientError, OSError, ValueError):
            # The cause may hold the address.
            raise SendError(Failure.UNREACHABLE) from None
        if status == _GONE:
            raise SendError(Failure.GONE)
        if not 200 <= status < 300:
            raise SendError(Failure.REFUSED, status)

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        async with self._client().post(url, data=body, headers=headers, allow_redirects=False) as answer:
            # What follows the head of an answer is of no interest, and may have no end.
            answer.close()
            return answer.status

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        # Created by the first call, because a session belongs to the event loop running then.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
            )
        return self._session
