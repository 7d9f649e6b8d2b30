"""Client of a provider of proofs over HTTP: this project's own interface (formats.md), and its settings file.

- PUT URL/proofs/NONCE opens a proof, of a HOLDER with the name and number that were typed, under the vault's
  secret.
- GET URL/proofs/NONCE/page is what the person sees.
- GET URL/proofs/NONCE/assertion returns what the provider signed, under the vault's secret.
- Redirects are not followed, proxies from the environment are not used, cookies are not kept.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from idvault.registry.nppa import base_url
from idvault.registry.ports import OpenProof
from idvault_verify import ed25519, small_file, strict_json
from idvault_verify.attest import assertion, jose
from idvault_verify.error import Reason, UnavailableError

_PATIENCE = 5.0
_FILE_BYTES, _ANSWER_BYTES = 16 * 1024, 16 * 1024
_MEMBERS = frozenset({"name", "url", "key", "secret"})
_OK, _OPEN = (200, 201), (404, 409)


class ProviderFileError(ValueError):
    """The file does not name a provider; the text never repeats what is in it."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """A provider. name: what people know it as. url: also its name in what it signs. key: 32 bytes."""

    name: str
    url: str
    key: bytes = field(repr=False)
    secret: str = field(repr=False)


def read(path: Path, *, development: bool) -> ProviderSettings:
    """Return the provider that a file names; raises ProviderFileError, OSError.

    It is a JSON object of four texts: name, url (https, http only in development), key (base64url), secret.
    """
    try:
        found: dict[str, Any] = strict_json.parse_object(
            small_file.read(path, limit=_FILE_BYTES), limit=_FILE_BYTES
        )
        texts = [found[name] for name in ("name", "url", "key", "secret")]
        if found.keys() != _MEMBERS or not all(isinstance(each, str) and each for each in texts):
            raise ProviderFileError("a provider has name, url, key and secret, and nothing else")
        name, url, key, secret = texts
        public_key = jose.decode(key)
        ed25519.check(public_key)
        return ProviderSettings(name, base_url(url, development=development), public_key, secret)
    except ProviderFileError:
        raise
    except (ValueError, KeyError):
        raise ProviderFileError("the file is no JSON with name, url, key and secret of a provider") from None


class HttpProofProvider:
    """A provider over HTTP (registry.ports.ProofProvider)."""

    def __init__(self, settings: ProviderSettings) -> None:
        """Begin without a connection."""
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        """What people know it as."""
        return self._settings.name

    @property
    def issuer(self) -> str:
        """Its URL."""
        return self._settings.url

    @property
    def key(self) -> bytes:
        """The key of the settings."""
        return self._settings.key

    def page(self, nonce: str) -> str:
        """Return the address of a proof's page."""
        return f"{self._settings.url}/proofs/{nonce}/page"

    async def begin(self, proof: OpenProof) -> None:
        """Open a proof."""
        body = {"session": proof.session, "return_url": proof.return_url}
        if proof.identity is not None:
            document = proof.identity.document
            body |= {
                "name": proof.identity.name,
                "document_type": document.type.value,
                "number": document.number,
            }
        if proof.former is not None:
            body |= {"former_document_type": proof.former.type.value, "former_number": proof.former.number}
        status, _ = await self._ask("PUT", f"/proofs/{proof.nonce}", body)
        if status not in _OK:
            raise UnavailableError(Reason.PROVIDER_UNAVAILABLE)

    async def assertion(self, nonce: str) -> str | None:
        """Return what the provider signed."""
        status, answer = await self._ask("GET", f"/proofs/{nonce}/assertion", None)
        if status in _OPEN:
            return None
        if status not in _OK:
            raise UnavailableError(Reason.PROVIDER_UNAVAILABLE)
        return answer.decode("ascii", "replace")[: assertion.LONGEST + 1]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, path: str, body: dict[str, str] | None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._settings.secret}"}
        url = f"{self._settings.url}{path}"
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._client().request(
                    method, url, json=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return answer.status, await _body(answer.content)
        except (aiohttp.ClientError, TimeoutError, OSError):
            # The cause may hold the address, and so the nonce.
            raise UnavailableError(Reason.PROVIDER_UNAVAILABLE) from None

    def _client(self) -> aiohttp.ClientSession:
        # Created by the first call, because a session belongs to the event loop running then.
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session


async def _body(content: aiohttp.StreamReader) -> bytes:
    """Return an answer, or its beginning if it is longer than one can be."""
    body = b""
    while len(body) < _ANSWER_BYTES and (part := await content.read(_ANSWER_BYTES)):
        body += part
    return body
