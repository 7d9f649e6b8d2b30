"""Builds the worker's tasks of the transparency report."""

from idvault.core.loop import Task
from idvault.core.public_files import LocalPublicFiles
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.log import witness_keys
from idvault.report.acts import report as acts
from idvault.report.acts import supervision
from idvault.report.acts.report import ReportSources, RunningMonth
from idvault.report.acts.supervision import PublicPage
from idvault.sealing.ports import Signer
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner, VerifierKey

_REPORTS_PERIOD, _PAGE_PERIOD = 10.0, 20.0


def report_tasks(base: Base, rosters: RosterHolder, *, signer: Signer) -> list[Task]:
    """Return the worker's tasks: publish reports of what has ended, and the page of public supervision."""
    settings, done = base.settings, set[str]()
    files = LocalPublicFiles(directory=settings.public_dir)
    key = VerifierKey(settings.log_origin, signer.public_key)
    signs = NoteSigner(key, signer.sign)
    sources = ReportSources(main=base.main, shred=base.shred, zone=settings.zone, published=files)
    page = PublicPage(
        files=files,
        running=RunningMonth(sources=sources),
        key=key,
        roster=lambda: rosters.current,
        # The published checkpoint may have been complete under the roster before.
        policy=lambda: CosignaturePolicy(key.name, (key,), witness_keys(rosters.current)),
        web_url=settings.web_url,
    )
    return [
        Task("reports", _REPORTS_PERIOD, lambda now: acts.publish(sources, files, signs, done=done, now=now)),
        Task("supervision_page", _PAGE_PERIOD, lambda now: supervision.publish(page, now=now)),
    ]
