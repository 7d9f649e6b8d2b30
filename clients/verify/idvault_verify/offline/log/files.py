"""Reads files of a log's public directory, from a folder or from a web server that is not trusted.

- URLs are https, or http on this machine.
- Redirects are refused, so that only the named server answers.
- Every answer has a maximum size, and all of it must arrive in time.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Never, Protocol
from urllib.parse import urlsplit

_NOT_FOUND = 404
_CHUNK = 65_536


class NotReachedError(OSError):
    """The public directory cannot be read, or one of its files is not a log's file."""


class TooLongError(NotReachedError):
    """A file is longer than such a file can be."""


class UrlError(ValueError):
    """The URL is not the URL of a public directory."""


class LogFiles(Protocol):
    """The files of a log, by their paths in the C2SP tlog-tiles layout."""

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return a file of at most limit bytes, None if there is none; raises NotReachedError."""
        ...


def read_first(files: LogFiles, *paths: str, limit: int) -> bytes | None:
    """Return the first of these files that exists; raises NotReachedError.

    For a partial tile and the full one: a log may delete the former once the latter, which begins with it,
    exists.
    """
    for path in dict.fromkeys(paths):
        data = files.read(path, limit=limit)
        if data is not None:
            return data
    return None


@dataclass(frozen=True, slots=True)
class LogFolder:
    """A public directory on this machine; folder: the one that holds `checkpoint`."""

    folder: Path

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return a file."""
        try:
            with (self.folder / path).open("rb") as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            if not self.folder.is_dir():
                raise NotReachedError(f"there is no folder {self.folder}") from None
            return None
        return _limited(data, path, limit)


class LogWebsite:
    """A public directory behind a web server."""

    def __init__(self, url: str, *, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        """timeout: seconds that one file may take. Raises UrlError."""
        self._base = _checked(url)
        self._timeout = timeout
        self._clock = clock
        handlers: list[Any] = [_NoRedirect]
        if urlsplit(self._base).scheme == "http":
            # A server on this machine must not be reached through a proxy.
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return a file."""
        # Caches may keep full tiles for ever, but must not answer with an old checkpoint.
        request = urllib.request.Request(self._base + path, headers={"Cache-Control": "no-cache"})  # noqa: S310 - checked
        deadline = self._clock() + self._timeout
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return _limited(self._body(answer, limit, deadline), path, limit)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _NOT_FOUND:
                return None
            raise NotReachedError(f"{self._base}{path} answers {error.code}") from None
        except (HTTPException, OSError) as error:
            if isinstance(error, NotReachedError):
                raise
            raise NotReachedError(f"{self._base}{path} cannot be read: {type(error).__name__}") from error

    def _body(self, answer: HTTPResponse, limit: int, deadline: float) -> bytes:
        data = b""
        while len(data) <= limit:
            # The socket's timeout restarts with each byte, so a slow server is stopped here.
            if self._clock() > deadline:
                raise NotReachedError(f"{self._base} answers too slowly")
            chunk = answer.read1(min(_CHUNK, limit + 1 - len(data)))
            if not chunk:
                if answer.length:
                    raise NotReachedError(f"{self._base} closed the connection in the middle of a file")
                break
            data += chunk
        return data


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects."""

    def redirect_request(  # noqa: PLR0917 - the standard library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Never:
        """Refuse."""
        fp.close()
        raise NotReachedError(f"{req.full_url} redirects elsewhere ({code}); redirects are not followed")


def _limited(data: bytes, path: str, limit: int) -> bytes:
    if len(data) > limit:
        raise TooLongError(f"the file {path} is longer than {limit} bytes")
    return data


def _checked(url: str) -> str:
    """Return the URL with a slash at its end; raises UrlError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UrlError("a public directory has an https URL")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UrlError("the URL of a public directory has no user, password, query or fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise UrlError("http is for this machine only: give an https URL")
    return url if url.endswith("/") else url + "/"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
