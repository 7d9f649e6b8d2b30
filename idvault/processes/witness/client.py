"""Submits checkpoints to a witness over HTTP (log.ports.Witness, C2SP tlog-witness).

- Only a fresh cosignature by the witness's key counts; lines of other keys are dropped.
- Redirects are not followed, proxies from the environment are not used, cookies are not kept.
- An answer that is not a witness's is treated like an unreachable witness.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp

from idvault.log.ports import Ahead, Cosigned, WitnessRefusedError
from idvault.processes.witness import wire
from idvault.processes.witness.wire import AddCheckpoint, WitnessWireError
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency import note
from idvault_verify.transparency.note import Algorithm, Note, NoteError, VerifierKey

_PATIENCE = 5.0
# A replayed old answer would hide that a database was rolled back; clocks do not differ this much.
_FRESH_SECONDS = 300
_TRY_LATER = frozenset({408, 425, 429})


class WitnessSetupError(ValueError):
    """The URL of a witness is not https, so anybody on the path could answer; or its key is a log's."""


class WitnessAnswerError(UnavailableError):
    """The answer is not a valid answer of this witness; the text gives the cause."""

    def __init__(self, why: str) -> None:
        """Keep the cause beside the published reason."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


class HttpWitness:
    """One witness at a URL; calls may overlap."""

    def __init__(
        self,
        *,
        url: str,
        key: VerifierKey,
        clock: Callable[[], datetime],
        development: bool = False,
        patience: float = _PATIENCE,
    ) -> None:
        """Set the witness; raises WitnessSetupError for http outside development.

        url: the submission prefix. key: the witness's key. clock: real time. patience: seconds per call.
        """
        scheme = urlsplit(url).scheme
        if scheme != "https" and not (development and scheme == "http"):
            raise WitnessSetupError("the URL of a witness must be https")
        if key.algorithm is not Algorithm.COSIGNATURE_V1:
            raise WitnessSetupError("the key of a witness must be a cosignature/v1 key")
        self._url = url.rstrip("/") + wire.PATH
        self._key = key
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=patience)
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """The URL to which checkpoints are submitted."""
        return self._url

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def add_checkpoint(self, *, old: int, proof: Sequence[bytes], note: bytes) -> Cosigned | Ahead:
        """Submit a signed checkpoint with the consistency proof from size `old`.

        Ahead never has the size `old`: a witness at that size that does not cosign has seen a different root
        there, which raises WitnessRefusedError (409).
        """
        request = AddCheckpoint(old, tuple(proof), note)
        try:
            status, content_type, body = await self._post(request.encode())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnavailableError(Reason.LOG_UNAVAILABLE) from error
        if status == 200:
            return Cosigned(self._cosignatures(note, body))
        if status == 409 and content_type == wire.SIZE_TYPE:
            size = _size(body)
            if size != old:
                return Ahead(size)
        if 400 <= status < 500 and status not in _TRY_LATER:
            raise WitnessRefusedError(status)
        raise WitnessAnswerError(f"the witness answered with HTTP status {status}")

    async def _post(self, body: bytes) -> tuple[int, str, str]:
        async with self._connection().post(self._url, data=body, allow_redirects=False) as answer:
            try:
                content = await answer.content.read(wire.MAX_ANSWER_BYTES + 1)
                while len(content) <= wire.MAX_ANSWER_BYTES and not answer.content.at_eof():
                    content += await answer.content.read(wire.MAX_ANSWER_BYTES + 1)
                if len(content) > wire.MAX_ANSWER_BYTES:
                    raise WitnessAnswerError("the witness's answer is too long")
                return answer.status, answer.content_type, content.decode()
            except UnicodeDecodeError as error:
                raise WitnessAnswerError("the witness's answer is not text") from error

    def _connection(self) -> aiohttp.ClientSession:
        # Created by the first call, because a session belongs to the event loop running then.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                # An answer is a few lines: what comes compressed could be of any length, and is not one.
                auto_decompress=False,
                headers={"Content-Type": "text/plain; charset=utf-8"},
            )
        return self._session

    def _cosignatures(self, submitted: bytes, body: str) -> str:
        """Return the lines by the witness's key that verify and are fresh; raises WitnessAnswerError."""
        try:
            text = note.parse(submitted).text
            own = tuple(
                line
                for line in note.parse_signatures(body)
                if (line.name, line.key_id) == (self._key.name, self._key.key_id)
            )
            opened = note.open_note(Note(text, own).encode(), [self._key])
        except NoteError as error:
            raise WitnessAnswerError("the witness answered without a cosignature by its key") from error
        now = self._clock().timestamp()
        if any(abs(now - (each.time or 0)) > _FRESH_SECONDS for each in opened.verified):
            raise WitnessAnswerError(
                "the time of the cosignature is not current: an old answer or a wrong clock"
            )
        return "".join(line.line for line in own)


def _size(body: str) -> int:
    try:
        return wire.parse_size(body)
    except WitnessWireError as error:
        raise WitnessAnswerError("the witness answered an invalid size") from error
