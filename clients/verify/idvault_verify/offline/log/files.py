"""Reads files of a log's public directory, from a folder or from a web server that is not trusted.

- URLs are https, or http on this machine.
- Redirects are refused, so that only the named server answers.
- Every answer has a maximum size, and all of it, from its first header on, must arrive in time.
- A file comes in parts: whoever does not need it whole keeps one part at a time.
"""

import io
import os
import socket
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Never, Protocol
from urllib.parse import urlsplit

_NOT_FOUND = 404
_PART = 65_536
Parts = Generator[bytes, None, None]


class NotReachedError(OSError):
    """The public directory cannot be read, or one of its files is not a log's file."""


class TooLongError(NotReachedError):
    """A file is longer than such a file can be."""


class UrlError(ValueError):
    """The URL is not the URL of a public directory."""


class LogFiles(Protocol):
    """The files of a log, by their paths in the C2SP tlog-tiles layout."""

    def parts(self, path: str, *, limit: int) -> Parts | None:
        """Return a file of at most limit bytes in parts, None if there is none; raises NotReachedError.

        The parts raise it, too: TooLongError once there are more than limit bytes. Whoever does not read them
        to their end closes them.
        """
        ...

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return such a file whole."""
        ...


def first_parts(files: LogFiles, *paths: str, limit: int) -> Parts | None:
    """Return the first of these files that exists, in parts, as `LogFiles.parts` does."""
    for path in dict.fromkeys(paths):
        found = files.parts(path, limit=limit)
        if found is not None:
            return found
    return None


def read_first(files: LogFiles, *paths: str, limit: int) -> bytes | None:
    """Return the first of these files that exists; raises NotReachedError.

    For a partial tile and the full one: a log may delete the former once the latter, which begins with it,
    exists.
    """
    return _whole(first_parts(files, *paths, limit=limit))


@dataclass(frozen=True, slots=True)
class LogFolder:
    """A public directory on this machine; folder: the one that holds `checkpoint`."""

    folder: Path

    def parts(self, path: str, *, limit: int) -> Parts | None:
        """Return a file in parts."""
        try:
            descriptor = os.open(self.folder / path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would block
        except (FileNotFoundError, NotADirectoryError):
            if not self.folder.is_dir():
                raise NotReachedError(f"there is no folder {self.folder}") from None
            return None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotReachedError(f"{self.folder / path} is no file")
        return _limited(_parts_of(os.fdopen(descriptor, "rb")), path, limit)

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return a file."""
        return _whole(self.parts(path, limit=limit))


class LogWebsite:
    """A public directory behind a web server."""

    def __init__(self, url: str, *, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        """timeout: seconds that one file may take. Raises UrlError."""
        self._base = _checked(url)
        self._timeout = timeout
        self._clock = clock
        handlers: list[Any] = [_NoRedirect, _Http(clock), _Https(clock)]
        if urlsplit(self._base).scheme == "http":
            # A server on this machine must not be reached through a proxy.
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def parts(self, path: str, *, limit: int) -> Parts | None:
        """Return a file in parts."""
        # Caches may keep full tiles for ever, but must not answer with an old checkpoint.
        request = urllib.request.Request(self._base + path, headers={"Cache-Control": "no-cache"})  # noqa: S310 - checked
        try:
            answer = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _NOT_FOUND:
                return None
            raise NotReachedError(f"{self._base}{path} answers {error.code}") from None
        except NotReachedError:
            raise
        except (HTTPException, OSError) as error:
            raise self._failed(path, error) from error
        return _limited(self._body(answer, path), path, limit)

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return a file."""
        return _whole(self.parts(path, limit=limit))

    def _body(self, answer: HTTPResponse, path: str) -> Parts:
        try:
            with answer:
                while part := answer.read1(_PART):
                    yield part
                if answer.length:
                    raise NotReachedError(f"{self._base} closed the connection in the middle of a file")
        except NotReachedError:
            raise
        except (HTTPException, OSError) as error:
            raise self._failed(path, error) from error

    def _failed(self, path: str, error: Exception) -> NotReachedError:
        if isinstance(error, _TooSlowError):
            return NotReachedError(f"{self._base} answers too slowly")
        return NotReachedError(f"{self._base}{path} cannot be read: {type(error).__name__}")


class _TooSlowError(TimeoutError):
    """An answer is not whole at its deadline."""


class _Timed(io.RawIOBase):
    """What a server sends, until a deadline.

    A socket's own time-out begins again with each byte, and `http.client` would read headers and interim
    answers for ever.
    """

    def __init__(self, connected: socket.socket, deadline: float, clock: Callable[[], float]) -> None:
        self._socket = connected
        self._received = connected.makefile("rb", buffering=0)
        self._deadline = deadline
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - self._clock()
        if left <= 0:
            raise _TooSlowError
        self._socket.settimeout(left)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _TimedAnswer(HTTPResponse):
    """An answer that is read until the deadline of its connection."""

    def __init__(
        self, sock: socket.socket, *given: Any, timed: tuple[float, Callable[[], float]], **named: Any
    ) -> None:
        super().__init__(sock, *given, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock, *timed), _PART)


class _TimedConnection(HTTPConnection):
    """A connection whose answer must be whole when its time-out has passed since the beginning."""

    def __init__(self, host: str, *, clock: Callable[[], float], timeout: float, **named: Any) -> None:
        super().__init__(host, timeout=timeout, **named)
        timed = (clock() + timeout, clock)
        self.response_class = partial(_TimedAnswer, timed=timed)  # type: ignore[assignment]


class _TimedSafeConnection(_TimedConnection, HTTPSConnection):
    """The same over TLS."""


class _Http(urllib.request.HTTPHandler):
    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(_TimedConnection, clock=self._clock), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(_TimedSafeConnection, clock=self._clock), req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects."""

    def redirect_request(  # noqa: PLR0917 - the standard library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Never:
        """Refuse."""
        fp.close()
        raise NotReachedError(f"{req.full_url} redirects elsewhere ({code}); redirects are not followed")


def _parts_of(file: IO[bytes]) -> Parts:
    with file:
        while part := file.read(_PART):
            yield part


def _limited(parts: Parts, path: str, limit: int) -> Parts:
    size = 0
    with closing(parts):
        for part in parts:
            size += len(part)
            if size > limit:
                raise TooLongError(f"the file {path} is longer than {limit} bytes")
            yield part


def _whole(parts: Parts | None) -> bytes | None:
    if parts is None:
        return None
    data = bytearray()  # not a list: a server may send single bytes
    for part in parts:
        data += part
    return bytes(data)


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
