"""Follows a registry's feed: what it gives goes to the edge in order, and the edge says where to go on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from idvault.core.certificate_files import CertificateFiles, CertificateReplacer, Pem
from idvault.core.config import ConfigError, Settings
from idvault.core.telemetry.logs import Logs, describe, log
from idvault.processes.cli import running
from idvault.registry import nppa
from idvault.registry.notice_feed import FedNotice, FeedError, NoticeFeed
from idvault.registry.nppa import Credentials, InsecureUrlError, NppaWireError
from idvault_client import Tls, aio
from idvault_client.backend.rpc import rpc
from idvault_client.errors import VaultError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.document import Document
from idvault_verify.v1 import common_pb2, notice_pb2

_SERVICE = notice_pb2.DESCRIPTOR.services_by_name["RegistryNoticeService"]
_PATIENCE = 10.0
# So long the registry takes no calls after too many.
_BUSY = 60.0


@dataclass(kw_only=True, eq=False, repr=False)
class FeedFollower:
    """A feed, and the edge that takes its notices. renewals: called before each look, to use new files."""

    feed: NoticeFeed
    edge: aio.Vault
    logs: Logs | None = None
    renewals: Sequence[Callable[[], Awaitable[None]]] = ()

    async def catch_up(self) -> int:
        """Take every notice that the feed has, and tell the edge; return how many were new.

        Raises FeedError, and VaultError, also for a notice that the edge refuses.
        """
        told, fresh = await self._submit([]), 0
        after = told.last_notice_id
        while page := await self.feed.read(after=after, patience=_PATIENCE):
            fresh += (await self._submit(page)).fresh
            after = page[-1].notice.notice_id
        await self._submit([], caught_up=True)
        return fresh

    async def run(self, *, stop: asyncio.Event, interval: float) -> None:
        """Catch up again and again until stop is set; what fails is tried again at the next look."""
        while not stop.is_set():
            wait = await self._look(interval)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=wait)

    async def close(self) -> None:
        """Close the connections."""
        await self.edge.close()
        await self.feed.close()
        if self.logs is not None:
            self.logs.close()

    async def _look(self, interval: float) -> float:
        """Return how many seconds to wait afterwards."""
        for renew in self.renewals:
            await renew()
        try:
            await self.catch_up()
        except FeedError as error:
            log().warning("notice_feed_failed", why=error.answer.value)
            return max(interval, _BUSY) if error.busy else interval
        except VaultError as error:
            log().error("notices_not_taken", reason=error.reason, **describe(error))
        return interval

    async def _submit(
        self, page: Sequence[FedNotice], *, caught_up: bool = False
    ) -> notice_pb2.SubmitNoticesResponse:
        request = notice_pb2.SubmitNoticesRequest(notices=map(message, page), caught_up=caught_up)
        read = notice_pb2.SubmitNoticesResponse.FromString
        return await self.edge.run(rpc(_SERVICE, "SubmitNotices", request, read))


async def once(follower: FeedFollower) -> int:
    """Catch up and return how many notices were new; raises CommandError."""
    try:
        return await follower.catch_up()
    except FeedError as error:
        raise CommandError(ExitCode.UNREACHABLE, str(error), reason=error.answer.value) from error
    except VaultError as error:
        code = ExitCode.UNREACHABLE if error.code == "UNAVAILABLE" else ExitCode.REFUSED
        text = f"the platform edge did not take the notices: {error.reason or error.code}"
        raise CommandError(code, text, reason=error.reason or error.code) from error


def message(fed: FedNotice) -> notice_pb2.RegistryNotice:
    """Return the message of a notice."""
    made = fed.notice
    told = notice_pb2.RegistryNotice(
        notice_id=made.notice_id,
        kind=notice_pb2.RegistryNotice.Kind.Value(f"KIND_{made.kind.name}"),
        day=made.day.isoformat(),
        reversed_notice_id=made.reversed_id,
        signature=fed.signature,
    )
    if made.document is not None:
        told.document.CopyFrom(_document(made.document))
    if made.new_document is not None:
        told.new_document.CopyFrom(_document(made.new_document))
    return told


def _document(document: Document) -> common_pb2.IdentityDocument:
    kind = common_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{document.type.name}")
    return common_pb2.IdentityDocument(type=kind, number=document.number)


def opened(settings: Settings, *, feed: str, target: str, server_name: str) -> FeedFollower:
    """Return a follower of this feed; raises CommandError and ConfigError for what cannot be used."""
    try:
        base = nppa.base_url(feed, development=settings.development)
        credentials = _credentials(settings)
    except InsecureUrlError as error:
        raise wrong_usage("--feed must be https", field="--feed") from error
    except NppaWireError as error:
        raise ConfigError(f"IDVAULT_REGISTRY_SECRET_KEY_FILE cannot be used: {error}") from error
    files = CertificateFiles.of_settings(
        "IDVAULT_TLS_", settings.tls_certificate, settings.tls_key, settings.tls_ca
    )
    current = files.read(now=_now())
    try:
        edge = aio.connect(target, tls=_tls(settings), timeout=_PATIENCE, server_name=server_name or None)
    except ValueError as error:
        raise CommandError(ExitCode.WRONG_USAGE, str(error), reason="USAGE", field="--target") from error

    async def use(_found: Pem) -> None:
        await edge.use_certificate(_tls(settings))

    replacer = CertificateReplacer(files=files, current=current, use=use)
    reader = NoticeFeed(base=base, credentials=credentials, clock=_now)
    return FeedFollower(
        feed=reader,
        edge=edge,
        logs=Logs(process="notices").install(),
        renewals=(lambda: replacer.look(now=_now()), _key_renewal(settings, reader)),
    )


def _tls(settings: Settings) -> Tls:
    return Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)


def _now() -> datetime:
    return running.real_clock().real


def _credentials(settings: Settings) -> Credentials:
    """Return the credentials of now; raises NppaWireError, OSError, UnicodeDecodeError."""
    return Credentials(settings.registry_app_id, settings.registry_biz_id, settings.registry_secret_key())


def _key_renewal(settings: Settings, feed: NoticeFeed) -> Callable[[], Awaitable[None]]:
    """Return what uses a new secret key of the registry; one that cannot be used is told once."""
    is_refused = False

    async def renew() -> None:
        nonlocal is_refused
        try:
            found = await asyncio.to_thread(_credentials, settings)
        except (NppaWireError, OSError, UnicodeDecodeError) as error:
            if not is_refused:
                log().error("registry_key_refused", **describe(error))
            is_refused = True
            return
        is_refused = False
        if found != feed.credentials:
            feed.credentials = found
            log().info("registry_key_replaced")

    return renew
