"""`idvault-client campaign`: lists campaigns, and shows the progress of one."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from idvault.domain.campaign.campaign import Campaign
from idvault_client.backend.campaign.values import CampaignProgress
from idvault_client.commands.campaign import chart, screen
from idvault_client.commands.output import AsJson, reporting, show

app = typer.Typer(no_args_is_help=True, help="Campaigns that encourage owners of legacy accounts to verify.")


@app.command("list")
def list_campaigns(
    context: typer.Context,
    json_option: AsJson = False,
) -> None:
    """Print your campaigns, older first."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        token, last = "", False
        while not last:
            page = vault.campaigns.list_page(page_token=token)
            for campaign in page.campaigns:
                _show(campaign, as_json=as_json)
            token, last = page.next_page_token, not page.next_page_token


@app.command()
def progress(
    context: typer.Context,
    campaign_id: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")],
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a chart as SVG; needs idvault[plot].")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a chart as PNG; needs idvault[plot].")
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Show the funnel of a campaign by day and method, and how much of its cohort is verified."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found: CampaignProgress = vault.campaigns.progress(campaign_id)
        _write(found, svg=svg, png=png)
    if as_json:
        typer.echo(json.dumps(_document(found)))
    else:
        screen.show(found, Console())
        typer.echo(
            f"progress: {found.total.verified} of {found.total.invited} invited owners verified,"
            f" cohort of {found.cohort_size}"
        )


def _write(found: CampaignProgress, *, svg: Path | None, png: Path | None) -> None:
    if svg is not None:
        svg.write_bytes(chart.svg(found))
    if png is not None:
        png.write_bytes(chart.png(found))


def _document(found: CampaignProgress) -> dict[str, object]:
    return {
        "campaign_id": found.campaign_id,
        "state": found.state,
        "cohort_size": found.cohort_size,
        "total": asdict(found.total),
        "unanswered": found.unanswered,
        "days": [
            {"day": day.isoformat(), "method": method, **asdict(funnel)} for day, method, funnel in found.days
        ],
        "coverage": [{"day": day.isoformat(), "verified": verified} for day, verified in found.coverage],
    }


def _show(campaign: Campaign, *, as_json: bool) -> None:
    shown: dict[str, object] = {
        "campaign_id": campaign.campaign_id,
        "state": campaign.state,
        "methods": ",".join(campaign.plan.methods),
        "title": campaign.plan.title,
    }
    show(shown, as_json=as_json)
