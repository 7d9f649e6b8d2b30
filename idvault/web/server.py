"""Runs the hosted pages: an HTTP server that calls the platform edge and follows its certificates."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, cast

from aiohttp import web

from idvault.core import capacity, certificate_files, tuning
from idvault.core.certificate_files import CertificateFiles, CertificateReplacer, Pem, following
from idvault.core.check import Check
from idvault.core.config import Settings, operator_file
from idvault.core.connections import Door
from idvault.core.telemetry import watching
from idvault.core.telemetry.metrics import WebMetrics
from idvault.core.telemetry.port import serve_metrics
from idvault.web import about, edge
from idvault.web.app import Pages, application
from idvault.web.edge import EdgeConnections
from idvault.web.identity import pages as identity_pages
from idvault.web.identity import public_account_pages
from idvault.web.identity.pages import IdentityPages
from idvault.web.identity.public_account_pages import OwnershipPages
from idvault.web.inquiry import pages as inquiry_pages
from idvault.web.inquiry.pages import InquiryPages
from idvault.web.limits import InquiryLimits, ReportLimits
from idvault.web.tip_off import pages as tip_off_pages
from idvault.web.tip_off.forms import Forms
from idvault.web.tip_off.pages import TipOffPages
from idvault_client import Tls
from idvault_verify.clock import ClockReading


def now() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)


def files_of_client(settings: Settings) -> CertificateFiles:
    """Return the files with which the edge knows the pages."""
    return CertificateFiles.of_settings(
        "IDVAULT_TLS_", settings.tls_certificate, settings.tls_key, settings.tls_ca
    )


def of_client(settings: Settings, vault: EdgeConnections, current: Pem) -> CertificateReplacer:
    """Return what follows the files with which the edge knows the pages. current: what they hold."""
    tls = Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)

    async def use(_found: Pem) -> None:
        await vault.use_certificate(tls)

    return CertificateReplacer(files=files_of_client(settings), current=current, use=use)


def of_pages(settings: Settings) -> tuple[ssl.SSLContext | None, list[CertificateReplacer]]:
    """Return the context of https, None for http, and what follows its files; raises ConfigError."""
    if not settings.web_tls_key.name:
        return None, []
    files = CertificateFiles.of_settings(
        "IDVAULT_WEB_TLS_", settings.web_tls_certificate, settings.web_tls_key
    )
    current, context = files.read(now=now()), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    use = certificate_files.into(context, files)
    return context, [CertificateReplacer(files=files, current=current, use=use)]


LARGE_FORMS: Mapping[str, int] = {**tip_off_pages.LARGE_FORMS, **identity_pages.LARGE_FORMS}
"""The addresses of forms with a file or a long text, as Pages.large_forms wants them."""
_GRACE = 5.0
_TIMEOUT = 15.0
_SILENCE = 30.0


async def run(
    settings: Settings,
    *,
    clock: Callable[[], ClockReading],
    ready: Callable[[Mapping[str, str]], None],
    stop: asyncio.Event,
) -> None:
    """Serve until stop is set; ready receives the addresses once the port listens.

    clock: its business time is that of the vault, by which pages count days and minutes; certificates end by
    the real time. Raises OSError if a port is taken, and ConfigError if a certificate file cannot be used.
    """
    metrics = WebMetrics()
    async with AsyncExitStack() as stack:
        context, replacers = of_pages(settings)
        told = serve_metrics(metrics, listen=settings.metrics_listen)
        stack.callback(told.close)
        # Before the client reads them: its errors do not name the settings.
        current = files_of_client(settings).read(now=now())
        vault = await stack.enter_async_context(edge.connected(settings, timeout=_TIMEOUT))
        replacers.append(of_client(settings, vault, current))
        pages = Pages(
            metrics=metrics,
            vault=vault,
            base_url=settings.web_url,
            proxies=settings.web_proxies,
            operator=operator_file.read(settings.web_operator, development=settings.development),
            large_forms=LARGE_FORMS,
            door=_door(settings),
            now=lambda: clock().business,
        )
        app = whole(pages, zone=settings.zone)
        runner = web.AppRunner(app, **options(), shutdown_timeout=_GRACE)
        await runner.setup()
        host, _, port = settings.addresses[0].rpartition(":")
        try:
            server = cast("web.Server", runner.server)
            await pages.door.open(server, host=host.strip("[]"), port=int(port), context=context)
            _watch(stack, settings, metrics, vault)
            await stack.enter_async_context(following(replacers, clock=now))
            scheme = "https" if settings.web_tls_key.name else "http"
            ready({"url": f"{scheme}://{host}:{pages.door.port}", "metrics": told.url})
            await stop.wait()
        finally:
            metrics.health.stop()
            await pages.door.close()
            await runner.cleanup()


def _door(settings: Settings) -> Door:
    takes = capacity.port(settings.memory)
    # Behind a proxy every connection is of one address: its own, and it has limits itself.
    return Door(takes=takes.within(tuning.allow_files(takes.files)), by_address=not settings.web_proxies)


def _watch(stack: AsyncExitStack, settings: Settings, metrics: WebMetrics, vault: EdgeConnections) -> None:
    read = partial(metrics.vitals.read, certificates=settings.certificates, disks={}, clock=now)
    watching.watch(stack, metrics.health, [Check("edge", partial(edge.check, vault))], read)


def whole(
    pages: Pages,
    *,
    zone: tzinfo,
    limits_of_reports: ReportLimits | None = None,
    limits_of_inquiries: InquiryLimits | None = None,
) -> web.Application:
    """Return the application with the pages of every capability. zone: of the operator's days."""
    pages.zone = zone
    forms = Forms(vault=pages.vault, clock=pages.clock)
    limits = limits_of_reports or ReportLimits()
    tip_offs = TipOffPages(pages=pages, forms=forms, zone=zone, limits=limits)
    pages.oversized = {tip_off_pages.CHECK_FORM: tip_offs.refuse_file}
    identity = IdentityPages(pages=pages, zone=zone)
    inquiries = InquiryPages(pages=pages, zone=zone, limits=limits_of_inquiries or InquiryLimits())
    routes = [
        *tip_off_pages.routes(tip_offs),
        *identity_pages.routes(identity),
        *inquiry_pages.routes(inquiries),
        *public_account_pages.routes(OwnershipPages(identity=identity)),
        *about.routes(pages),
    ]
    return application(pages, routes=routes)


def options(*, silence: float = _SILENCE) -> dict[str, Any]:
    """Return how connections are served. silence: seconds for a request's head, and between two requests."""
    # No access log: an address holds the secret of a link. aiohttp would keep a silent connection an hour.
    return {"access_log": None, "logger": silent(), "keepalive_timeout": silence}


def silent() -> logging.Logger:
    """Return a logger that writes nothing: what aiohttp says of a broken request quotes the request."""
    logger = logging.getLogger("idvault.web.silent")
    logger.disabled = True
    return logger
