"""A campaign's figures as CSV, one row for each day and method, for spreadsheets."""

import csv
import io

from idvault_client.backend.campaign import CampaignProgress
from idvault_client.commands.campaign.chart import STAGES


def of(progress: CampaignProgress) -> str:
    """Return the figures with a header; the last row has the totals, and who gave no answer."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("day", "method", *STAGES, "no_answer"))
    for day, method, funnel in progress.days:
        rows.writerow((day.isoformat(), method or "", *(getattr(funnel, stage) for stage in STAGES), ""))
    total = (getattr(progress.total, stage) for stage in STAGES)
    rows.writerow(("total", "", *total, progress.unanswered))
    return text.getvalue()
