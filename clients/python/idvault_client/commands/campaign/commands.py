"""`idvault-client campaign`: lists campaigns, and shows the progress of one."""

import json
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from idvault_client.backend.blocking.vault import Vault
from idvault_client.backend.campaign import CampaignProgress
from idvault_client.commands.campaign import chart, manage, screen
from idvault_client.commands.campaign.manage import CampaignId
from idvault_client.commands.output import AsJson, reporting, show
from idvault_verify.campaign import Campaign, CampaignState

app = typer.Typer(no_args_is_help=True, help="Campaigns that encourage owners of legacy accounts to verify.")
manage.add(app)
Svg = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a chart as SVG; needs idvault-client[plot].")
]
Png = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a chart as PNG; needs idvault-client[plot].")
]


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
def progress(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    campaign_id: CampaignId,
    svg: Svg = None,
    png: Png = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep the figures up to date until the campaign ends, or Ctrl-C.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How often --watch asks the vault.")
    ] = 10.0,
    json_option: AsJson = False,
) -> None:
    """Show the funnel of a campaign by day and method, and how much of its cohort is verified.

    LATER counts owners who want to be asked later; "no answer" those who were shown an invitation and did
    nothing. A chart that cannot be drawn is reported after the figures: exit code 3.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found: CampaignProgress = vault.campaigns.progress(campaign_id)
        if watch:
            found = _watched(vault, found, every, as_json=as_json)
        else:
            _tell(found, as_json=as_json)
        _draw(found, svg=svg, png=png)


@app.command()
def report(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    campaign_id: CampaignId,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the figures by day and method as CSV.")
    ] = None,
    svg: Svg = None,
    png: Png = None,
    json_option: AsJson = False,
) -> None:
    """Show the plan of a campaign and what happened to it; write the figures and a chart to files."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        campaign: Campaign = vault.campaigns.get(campaign_id)
        found: CampaignProgress = vault.campaigns.progress(campaign_id)
        plan = manage.plan_lines(campaign)
        if as_json:
            typer.echo(json.dumps({"plan": plan, **_document(found)}))
        else:
            screen.show_plan(plan, Console())
            _tell(found, as_json=False)
        if csv is not None:
            csv.write_text(chart.table(found), "utf-8")
        _draw(found, svg=svg, png=png)


def _watched(vault: Vault, found: CampaignProgress, every: float, *, as_json: bool) -> CampaignProgress:
    """Show the figures until the campaign ends; return the last ones."""
    console = Console()
    if as_json or not console.is_terminal:
        _tell(found, as_json=as_json)
        while found.state is not CampaignState.ENDED:
            time.sleep(every)
            found = vault.campaigns.progress(found.campaign_id)
            _tell(found, as_json=as_json)
        return found
    with Live(screen.figures(found, console), console=console) as live, suppress(KeyboardInterrupt):
        while found.state is not CampaignState.ENDED:
            time.sleep(every)
            found = vault.campaigns.progress(found.campaign_id)
            live.update(screen.figures(found, console))
    typer.echo(_summary(found))
    return found


def _tell(found: CampaignProgress, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_document(found)))
        return
    screen.show(found, Console())
    typer.echo(_summary(found))


def _summary(found: CampaignProgress) -> str:
    return (
        f"progress: {found.total.verified} of {found.total.invited} invited owners verified,"
        f" {found.total.later} later, {found.unanswered} without an answer, cohort of {found.cohort_size}"
    )


def _draw(found: CampaignProgress, *, svg: Path | None, png: Path | None) -> None:
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
