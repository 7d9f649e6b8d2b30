"""`idvault-client campaign create`, `show`, `start`, `pause`, `resume` and `end`."""

import sys
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from idvault_client.commands.output import AsJson, reporting, show
from idvault_verify.account import MinimumAssurance
from idvault_verify.campaign import Campaign, Cohort, QuietHours
from idvault_verify.campaign import CampaignPlan as Plan
from idvault_verify.campaign import ReverificationMethod as Method

_DAY = "%Y-%m-%d"
_HOURS = 2
CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")]
RequestId = Annotated[
    str | None,
    typer.Option(metavar="UUID", help="Your id of this call: with the same id a repeat changes nothing."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def add(app: typer.Typer) -> None:
    """Add the commands that change a campaign."""
    app.command("create", short_help="Create a campaign; it invites nobody before `start`.")(create)
    app.command("show", short_help="Print the plan and the state of a campaign.")(show_plan)
    app.command("start", short_help="Start a draft.")(start)
    app.command("pause", short_help="Pause a running campaign.")(pause)
    app.command("resume", short_help="Resume a paused campaign.")(resume)
    app.command("end", short_help="End a campaign for good.")(end)


_Minimum = Annotated[
    MinimumAssurance | None,
    typer.Option(help="What owners are asked to prove; also invites who is verified with less."),
]


def create(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    title: Annotated[str, typer.Option(help="What the owners are told, at most 100 characters.")],
    method: Annotated[
        list[Method], typer.Option(case_sensitive=False, help="How owners are invited; may be repeated.")
    ],
    daily_limit: Annotated[int, typer.Option(min=1, metavar="N", help="Deliveries a day, with reminders.")],
    label: Annotated[str, typer.Option(help="Only accounts imported under this label.")] = "",
    created_from: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Only accounts opened on this day or later.")
    ] = None,
    created_before: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Only accounts opened before this day.")
    ] = None,
    reminder: Annotated[
        list[int] | None,
        typer.Option(
            min=1, metavar="DAYS", help="Days after the delivery before; increasing; may be repeated."
        ),
    ] = None,
    quiet: Annotated[
        str | None, typer.Option(metavar="HH:MM-HH:MM", help="Hours without invitations; needs --time-zone.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="The zone of --quiet, such as Asia/Shanghai.")
    ] = None,
    incentive: Annotated[str, typer.Option(help="What an owner gets, at most 500 characters.")] = "",
    enforcement_date: Annotated[
        datetime | None,
        typer.Option(formats=[_DAY], help="From this day on, publishing is limited; never without it."),
    ] = None,
    minimum_assurance: _Minimum = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Create a campaign as a draft, and print it; it invites nobody before `start`."""
    plan = Plan(
        title,
        Cohort(label=label, created_from=_date(created_from), created_before=_date(created_before)),
        tuple(method),
        daily_limit=daily_limit,
        reminder_days=tuple(reminder or ()),
        quiet_hours=_quiet_hours(quiet, time_zone),
        incentive_text=incentive,
        enforcement_date=_date(enforcement_date),
        minimum_assurance=minimum_assurance,
    )
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        _tell(vault.campaigns.create(plan, request_id=request_id), as_json=as_json)


def show_plan(context: typer.Context, campaign_id: CampaignId, json_option: AsJson = False) -> None:
    """Print the plan and the state of a campaign."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        _tell(vault.campaigns.get(campaign_id), as_json=as_json)


def start(
    context: typer.Context,
    campaign_id: CampaignId,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Start a draft: from now on owners are invited."""
    _move(context, json_option, lambda vault: vault.campaigns.start(campaign_id, request_id=request_id))


def pause(
    context: typer.Context,
    campaign_id: CampaignId,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Pause a running campaign: nobody is invited; events of earlier invitations still count."""
    _move(context, json_option, lambda vault: vault.campaigns.pause(campaign_id, request_id=request_id))


def resume(
    context: typer.Context,
    campaign_id: CampaignId,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Resume a paused campaign."""
    _move(context, json_option, lambda vault: vault.campaigns.resume(campaign_id, request_id=request_id))


def end(
    context: typer.Context,
    campaign_id: CampaignId,
    yes: Yes = False,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """End a campaign for good, and lift the limits that it set."""
    if not yes and sys.stdin.isatty():
        typer.confirm("End the campaign? It cannot be started again.", abort=True, err=True)
    _move(context, json_option, lambda vault: vault.campaigns.end(campaign_id, request_id=request_id))


def plan_lines(campaign: Campaign) -> dict[str, object]:
    """Return what a campaign's plan says, by name; None for what it does not say."""
    plan, cohort, quiet = campaign.plan, campaign.plan.cohort, campaign.plan.quiet_hours
    return {
        "campaign_id": campaign.campaign_id,
        "state": campaign.state,
        "title": plan.title,
        "methods": ",".join(plan.methods),
        "label": cohort.label or None,
        "created_from": cohort.created_from.isoformat() if cohort.created_from else None,
        "created_before": cohort.created_before.isoformat() if cohort.created_before else None,
        "daily_limit": plan.daily_limit,
        "reminder_days": ",".join(map(str, plan.reminder_days)) or None,
        "quiet_hours": f"{quiet.start:%H:%M}-{quiet.end:%H:%M} {quiet.zone.key}" if quiet else None,
        "incentive": plan.incentive_text or None,
        "enforcement_date": plan.enforcement_date.isoformat() if plan.enforcement_date else None,
        "minimum_assurance": plan.minimum_assurance,
    }


def _move(context: typer.Context, json_option: bool, call: Callable[[Any], Campaign]) -> None:
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        moved = call(vault)
        if as_json:
            show(plan_lines(moved), as_json=True)
        else:
            typer.echo(f"campaign: {moved.campaign_id} {moved.state}")


def _tell(campaign: Campaign, *, as_json: bool) -> None:
    lines = plan_lines(campaign)
    if as_json:
        show(lines, as_json=True)
        return
    for name, value in lines.items():
        if value is not None:
            show({name: value}, as_json=False)
    typer.echo(f"campaign: {campaign.campaign_id} {campaign.state}")


def _quiet_hours(hours: str | None, zone: str | None) -> QuietHours | None:
    if hours is None and zone is None:
        return None
    if hours is None or zone is None:
        raise typer.BadParameter("--quiet and --time-zone need each other")
    try:
        found = [time.fromisoformat(each) for each in hours.split("-")]
        place = ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise typer.BadParameter("--quiet is HH:MM-HH:MM, --time-zone a name like Asia/Shanghai") from error
    if len(found) != _HOURS:
        raise typer.BadParameter("--quiet is HH:MM-HH:MM")
    return QuietHours(found[0], found[1], place)


def _date(day: datetime | None) -> date | None:
    return day.date() if day else None
