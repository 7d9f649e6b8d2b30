"""Runs the hosted pages: an HTTP server that calls the platform edge."""

import asyncio
import logging
import ssl
from collections.abc import Callable

from aiohttp import web

from idvault.config import Settings
from idvault.web.app import Pages, application
from idvault.web.identity import routes as identity_routes
from idvault.web.identity.pages import IdentityPages
from idvault.web.tip_off import routes as tip_off_routes
from idvault.web.tip_off.forms import Forms
from idvault.web.tip_off.pages import TipOffPages
from idvault_client import Tls, aio

_GRACE = 5.0
_TIMEOUT = 15.0


async def run(settings: Settings, *, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Serve until stop is set; ready receives the address once the port listens.

    Raises OSError if the port is taken or a file cannot be read.
    """
    tls = Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)
    async with aio.connect(
        settings.web_target, tls=tls, timeout=_TIMEOUT, server_name=settings.web_server_name or None
    ) as vault:
        pages = Pages(
            vault=vault,
            base_url=settings.web_url,
            proxies=settings.web_proxies,
            supervision_url=settings.web_supervision_url,
            large_forms={**tip_off_routes.LARGE_FORMS, **identity_routes.LARGE_FORMS},
        )
        forms = Forms(vault=vault, clock=pages.clock)
        app = application(
            pages,
            routes=[
                *tip_off_routes.routes(TipOffPages(pages=pages, forms=forms, zone=settings.zone)),
                *identity_routes.routes(IdentityPages(pages=pages, zone=settings.zone)),
            ],
        )
        # No access log: an address holds the secret of a link.
        runner = web.AppRunner(app, access_log=None, logger=silent(), shutdown_timeout=_GRACE)
        await runner.setup()
        host, _, port = settings.addresses[0].rpartition(":")
        try:
            site = web.TCPSite(
                runner, host.strip("[]"), int(port), reuse_address=True, ssl_context=_tls(settings)
            )
            await site.start()
            scheme = "https" if settings.web_tls_key.name else "http"
            ready(f"{scheme}://{host}:{runner.addresses[0][1]}")
            await stop.wait()
        finally:
            await runner.cleanup()


def silent() -> logging.Logger:
    """Return a logger that writes nothing: what aiohttp says of a broken request quotes the request."""
    logger = logging.getLogger("idvault.web.silent")
    logger.disabled = True
    return logger


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.web_tls_key.name:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.web_tls_certificate, settings.web_tls_key)
    return context
