"""`idvault-client campaign`: create, show, start, pause, resume, end, report, and watched progress."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import grpc
import pytest
from rich.console import Console

from idvault_client.commands.campaign import commands
from idvault_verify.v1 import campaign_pb2 as pb
from tests.clients.commands.test_campaign import CAMPAIGN, connection, message, run
from tests.clients.vault_server import Refuse, VaultServer

__all__ = ["connection"]

REQUEST = "11111111-1111-4111-8111-111111111111"
PLAN = (
    *("--title", "请完成认证", "--method", "when_due", "--method", "AT_LOGIN", "--daily-limit", "20000"),
    *("--label", "2014", "--created-from", "2010-01-01", "--created-before", "2015-01-01"),
    *("--reminder", "3", "--reminder", "7", "--quiet", "22:00-08:00", "--time-zone", "Asia/Shanghai"),
    *("--incentive", "昵称旁的标志", "--enforcement-date", "2030-01-01", "--request-id", REQUEST),
)


def campaign(state: str = "DRAFT") -> pb.Campaign:
    """Return a campaign as in the vault's answer."""
    plan = pb.CampaignPlan(
        title="请完成认证", methods=[pb.CampaignPlan.METHOD_AT_LOGIN], daily_limit=5, reminder_days=[3, 7]
    )
    return pb.Campaign(campaign_id=CAMPAIGN, state=pb.Campaign.State.Value(f"STATE_{state}"), plan=plan)


def test_create_sends_the_whole_plan(server: VaultServer, connection: Sequence[str]) -> None:
    """Every option is a field of the plan, and the id of the call is the caller's."""
    sent: list[pb.CreateCampaignRequest] = []

    def create(body: bytes) -> pb.Campaign:
        sent.append(pb.CreateCampaignRequest.FromString(body))
        return pb.Campaign(campaign_id=CAMPAIGN, state=pb.Campaign.STATE_DRAFT, plan=sent[0].plan)

    server.outcomes = [create]
    result = run(*connection, "campaign", "create", *PLAN)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == f"campaign: {CAMPAIGN} DRAFT"
    for line in ("title=请完成认证", "methods=WHEN_DUE,AT_LOGIN", "quiet_hours=22:00-08:00 Asia/Shanghai"):
        assert line in result.stdout
    (request,) = sent
    plan = request.plan
    assert request.request_id == REQUEST
    assert (plan.title, plan.daily_limit, list(plan.reminder_days)) == ("请完成认证", 20_000, [3, 7])
    assert (plan.cohort.label, plan.cohort.create_date_from) == ("2014", "2010-01-01")
    assert (plan.cohort.create_date_before, plan.enforcement_date) == ("2015-01-01", "2030-01-01")
    assert (plan.quiet_hours.start, plan.quiet_hours.end) == ("22:00", "08:00")


@pytest.mark.parametrize(
    "options",
    [
        ("--quiet", "22:00-08:00"),
        ("--time-zone", "Asia/Shanghai"),
        ("--quiet", "22-8-9", "--time-zone", "Asia/Shanghai"),
        ("--quiet", "late", "--time-zone", "Asia/Shanghai"),
        ("--quiet", "22:00-08:00", "--time-zone", "Nowhere/Land"),
        ("--method", "BY_PIGEON"),
        ("--created-from", "tomorrow"),
    ],
)
def test_a_wrong_plan_is_wrong_usage(connection: Sequence[str], options: Sequence[str]) -> None:
    """Exit code 2, before anything is sent."""
    start = ("--title", "x", "--method", "AT_LOGIN", "--daily-limit", "5")
    assert run(*connection, "campaign", "create", *start, *options).exit_code == 2


def test_a_plan_that_the_vault_refuses_is_explained(server: VaultServer, connection: Sequence[str]) -> None:
    """The field is named, with exit code 4."""
    refused = Refuse(
        grpc.StatusCode.INVALID_ARGUMENT, "INVALID_MESSAGE", fields=[("plan.enforcement_date", "LENGTH")]
    )
    server.outcomes = [refused]
    result = run(*connection, "campaign", "create", *PLAN)
    assert (result.exit_code, "plan.enforcement_date" in result.stderr) == (4, True)


@pytest.mark.parametrize(
    ("verb", "state", "options"),
    [
        ("start", "RUNNING", ()),
        ("pause", "PAUSED", ()),
        ("resume", "RUNNING", ()),
        ("end", "ENDED", ("--yes",)),
    ],
)
def test_a_campaign_is_steered(
    server: VaultServer, connection: Sequence[str], verb: str, state: str, options: Sequence[str]
) -> None:
    """Each verb says the new state; a verb that is not possible now is refused with both states."""
    moved = campaign(state)
    server.outcomes = [moved, moved]
    result = run(*connection, "campaign", verb, CAMPAIGN, *options, "--request-id", REQUEST)
    assert (result.exit_code, result.stdout) == (0, f"campaign: {CAMPAIGN} {state}\n")
    told = json.loads(run(*connection, "--json", "campaign", verb, CAMPAIGN, *options).stdout)
    assert (told["campaign_id"], told["state"], told["daily_limit"]) == (CAMPAIGN, state, 5)
    server.outcomes = [Refuse(grpc.StatusCode.FAILED_PRECONDITION, "ILLEGAL_TRANSITION")]
    refused = run(*connection, "campaign", verb, CAMPAIGN, *options)
    assert (refused.exit_code, "ILLEGAL_TRANSITION" in refused.stderr) == (4, True)


def test_show_prints_the_plan(server: VaultServer, connection: Sequence[str]) -> None:
    """What the plan does not say is left out."""
    server.outcomes = [campaign("PAUSED")]
    result = run(*connection, "campaign", "show", CAMPAIGN)
    assert result.stdout.splitlines() == [
        f"campaign_id={CAMPAIGN}",
        "state=PAUSED",
        "title=请完成认证",
        "methods=AT_LOGIN",
        "daily_limit=5",
        "reminder_days=3,7",
        f"campaign: {CAMPAIGN} PAUSED",
    ]


def test_a_report_has_plan_figures_and_a_table(
    server: VaultServer, connection: Sequence[str], tmp_path: Path
) -> None:
    """The CSV has a row for each day and method, and totals in which LATER and no answer differ."""
    server.outcomes = [campaign("RUNNING"), message()] * 2
    file = tmp_path / "figures.csv"
    result = run(*connection, "campaign", "report", CAMPAIGN, "--csv", str(file))
    assert result.exit_code == 0, result.stderr
    assert "请完成认证" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("progress: 1 of 5 invited owners verified, 1 later, 2 ")
    assert file.read_text("utf-8").splitlines() == [
        "day,method,invited,shown,opened,later,dismissed,completed,verified,failed,no_answer",
        "2026-03-01,AT_LOGIN,5,4,0,1,0,0,1,0,",
        "total,,5,4,0,1,0,0,1,0,2",
    ]
    told = json.loads(run(*connection, "--json", "campaign", "report", CAMPAIGN).stdout)
    assert (told["plan"]["title"], told["unanswered"]) == ("请完成认证", 2)


def of_state(state: str) -> pb.CampaignProgress:
    found = message()
    found.state = pb.Campaign.State.Value(f"STATE_{state}")
    return found


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_progress_is_watched_until_the_end(
    server: VaultServer, connection: Sequence[str], options: Sequence[str]
) -> None:
    """Without a terminal each answer is printed; the command ends with the campaign."""
    server.outcomes = [of_state(state) for state in ("RUNNING", "PAUSED", "ENDED")]
    result = run(*connection, *options, "campaign", "progress", CAMPAIGN, "--watch", "--every", "0")
    assert result.exit_code == 0, result.stderr
    mark = '"state"' if options else "progress: "
    assert sum(mark in line for line in result.stdout.splitlines()) == 3


def test_progress_is_watched_on_a_terminal(
    server: VaultServer, connection: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures are drawn again in place, and the last line comes once."""
    make: Callable[[], Console] = lambda: Console(force_terminal=True, width=80)  # noqa: E731 - a stand-in
    monkeypatch.setattr(commands, "Console", make)
    server.outcomes = [of_state(state) for state in ("RUNNING", "ENDED")]
    result = run(*connection, "campaign", "progress", CAMPAIGN, "--watch", "--every", "0")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("progress: 1 of 5") == 1
    assert "at login" in result.stdout
