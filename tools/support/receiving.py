"""What recipients of notifications run on this machine: a server of webhooks and one of mail, in threads."""

import asyncio
import base64
import hmac
import json
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """Takes webhooks, and keeps what the signed ones say, with the time; others get 401."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str, str]] = []
        self.bodies: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204 if receiver.take(dict(self.headers), body) else 401)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Keep a message; return whether it has the signature of its sender (Standard Webhooks)."""
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        if f"v1,{expected}" not in headers.get("webhook-signature", "").split():
            return False
        self.bodies.append(body)
        data = json.loads(body)["data"]
        self.told += [(time.monotonic(), data["recipient"], each["kind"]) for each in data["waiting"]]
        return True

    def heard(self, recipient: str, kind: str) -> list[float]:
        """Return when a recipient heard of a kind of thing."""
        return [at for at, who, what in self.told if (who, what) == (recipient, kind)]


@dataclass(eq=False)
class Mailbox:
    """A mail server that takes every mail. texts: of the mails, by address."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    _loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Serve SMTP from now on."""
        ready, loop = Event(), asyncio.new_event_loop()
        self._loop = loop

        def run() -> None:
            serving = loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
            server = loop.run_until_complete(serving)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            loop.run_forever()
            server.close()
            loop.close()

        Thread(target=run, daemon=True).start()
        ready.wait()

    def close(self) -> None:
        """Serve no more; also if it was never opened."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:
        """Keep a mail."""
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        body = parsed.get_body()
        for address in envelope.rcpt_tos:
            self.texts.setdefault(address, []).append(str(body.get_content()) if body else "")
        return "250 taken"
