"""Builds the worker's tasks of the transparency report."""

from idvault.core.loop import Task
from idvault.core.public_files import LocalPublicFiles
from idvault.log.ports import Publication
from idvault.log.store import SqlCheckpointStore
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.log import witness_keys
from idvault.processes.bootstrap.report import wire_reports
from idvault.report.acts.report import ReportFlow, ReportPublicationFlow
from idvault.report.acts.supervision import SupervisionFlow
from idvault.report.store import SqlReportStore
from idvault.sealing.ports import Signer
from idvault.verify.transparency.checkpoint import CosignaturePolicy
from idvault.verify.transparency.note import NoteSigner, VerifierKey

_REPORTS_PERIOD, _PAGE_PERIOD = 10.0, 20.0


def wire_report_publication(
    *, reports: ReportFlow, files: Publication, key: VerifierKey, signer: Signer
) -> ReportPublicationFlow:
    """Return the worker's flow; production and tests differ only in the ports. key: the signer's."""
    return ReportPublicationFlow(reports=reports, files=files, signer=NoteSigner(key, signer.sign))


def report_tasks(base: Base, rosters: RosterHolder, *, signer: Signer) -> list[Task]:
    """Return the worker's tasks: publish reports of what has ended, and the page of public supervision."""
    settings = base.settings
    files = LocalPublicFiles(directory=settings.public_dir)
    key = VerifierKey(settings.log_origin, signer.public_key)
    reports = wire_reports(
        store=SqlReportStore(database=base.main),
        complete=SqlCheckpointStore(database=base.shred),
        zone=settings.zone,
        published=files,
    )
    page = SupervisionFlow(
        files=files,
        counts=reports,
        key=key,
        roster=lambda: rosters.current,
        # The published checkpoint may have been complete under the roster before.
        policy=lambda: CosignaturePolicy(key.name, (key,), witness_keys(rosters.current)),
        web_url=settings.web_url,
    )
    flow = wire_report_publication(reports=reports, files=files, key=key, signer=signer)
    return [
        Task("reports", _REPORTS_PERIOD, lambda now: flow.run(now=now)),
        Task("supervision_page", _PAGE_PERIOD, lambda now: page.run(now=now)),
    ]
