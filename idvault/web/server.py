"""Runs the hosted pages: an HTTP server that calls the platform edge."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, tzinfo
from typing import Any

from aiohttp import web

from idvault import certificate_files
from idvault.certificate_files import CertificateFiles, CertificateFollower, Pem
from idvault.config import Settings
from idvault.web.app import Pages, application
from idvault.web.identity import routes as identity_routes
from idvault.web.identity.pages import IdentityPages
from idvault.web.limits import Buckets
from idvault.web.tip_off import routes as tip_off_routes
from idvault.web.tip_off.forms import Forms
from idvault.web.tip_off.pages import TipOffPages
from idvault_client import Tls, aio

LARGE_FORMS: Mapping[str, int] = {**tip_off_routes.LARGE_FORMS, **identity_routes.LARGE_FORMS}
"""The addresses of forms with a file or a long text, as Pages.large_forms wants them."""
_GRACE = 5.0
_TIMEOUT = 15.0
_SILENCE = 30.0


async def run(settings: Settings, *, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Serve until stop is set; ready receives the address once the port listens.

    Raises OSError if the port is taken, and ConfigError if a certificate file cannot be used.
    """
    async with AsyncExitStack() as stack:
        vault, client = await _connected(stack, settings)
        tls, served = _tls(settings)
        await stack.enter_async_context(certificate_files.following([client, *served], clock=_now))
        pages = Pages(
            vault=vault,
            base_url=settings.web_url,
            proxies=settings.web_proxies,
            supervision_url=settings.web_supervision_url,
            large_forms=LARGE_FORMS,
        )
        app = whole(pages, zone=settings.zone)
        runner = web.AppRunner(app, **options(), shutdown_timeout=_GRACE)
        await runner.setup()
        host, _, port = settings.addresses[0].rpartition(":")
        try:
            site = web.TCPSite(runner, host.strip("[]"), int(port), reuse_address=True, ssl_context=tls)
            await site.start()
            scheme = "https" if settings.web_tls_key.name else "http"
            ready(f"{scheme}://{host}:{runner.addresses[0][1]}")
            await stop.wait()
        finally:
            await runner.cleanup()


def whole(pages: Pages, *, zone: tzinfo, **limits_of_reports: Buckets) -> web.Application:
    """Return the application with the pages of every capability. zone: of the operator's days."""
    forms = Forms(vault=pages.vault, clock=pages.clock)
    tip_offs = TipOffPages(pages=pages, forms=forms, zone=zone, **limits_of_reports)
    identity = IdentityPages(pages=pages, zone=zone)
    return application(pages, routes=[*tip_off_routes.routes(tip_offs), *identity_routes.routes(identity)])


def options(*, silence: float = _SILENCE) -> dict[str, Any]:
    """Return how connections are served. silence: seconds for a request's head, and between two requests."""
    # No access log: an address holds the secret of a link. aiohttp would keep a silent connection an hour.
    return {"access_log": None, "logger": silent(), "keepalive_timeout": silence}


def silent() -> logging.Logger:
    """Return a logger that writes nothing: what aiohttp says of a broken request quotes the request."""
    logger = logging.getLogger("idvault.web.silent")
    logger.disabled = True
    return logger


def _now() -> datetime:
    return datetime.now(UTC)


async def _connected(stack: AsyncExitStack, settings: Settings) -> tuple[aio.Vault, CertificateFollower]:
    """Return the vault's client, and what follows its certificate; the stack closes it."""
    files = CertificateFiles.of_settings(
        "IDVAULT_TLS_", settings.tls_certificate, settings.tls_key, settings.tls_ca
    )
    current, tls = files.read(now=_now()), Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)
    vault = await stack.enter_async_context(
        aio.connect(
            settings.web_target, tls=tls, timeout=_TIMEOUT, server_name=settings.web_server_name or None
        )
    )

    async def use(_found: Pem) -> None:
        await vault.use_certificate(tls)

    return vault, CertificateFollower(files=files, current=current, use=use)


def _tls(settings: Settings) -> tuple[ssl.SSLContext | None, list[CertificateFollower]]:
    """Return the context of the pages' own https, and what follows its certificate; none for http."""
    if not settings.web_tls_key.name:
        return None, []
    files = CertificateFiles.of_settings(
        "IDVAULT_WEB_TLS_", settings.web_tls_certificate, settings.web_tls_key
    )
    current, context = files.read(now=_now()), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context, [
        CertificateFollower(files=files, current=current, use=certificate_files.into(context, files))
    ]
