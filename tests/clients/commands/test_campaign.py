"""`idvault-client import-legacy` and `campaign progress`: output, charts and exit codes."""

import builtins
import json
import struct
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import grpc
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from idvault_client import Tls
from idvault_client.backend.campaign import CampaignProgress, Funnel
from idvault_client.commands.app import app
from idvault_client.commands.campaign import chart as campaign_chart
from idvault_client.commands.campaign import screen
from idvault_client.commands.campaign.chart import STAGES, coverage_by_day
from idvault_verify.campaign import CampaignState
from idvault_verify.campaign import ReverificationMethod as Method
from idvault_verify.v1 import campaign_pb2 as pb
from tests.clients.vault_server import TOKEN, Refuse, VaultServer

CAMPAIGN = "ab" * 16
FIRST = date(2026, 3, 1)
FUNNEL = Funnel(90, 80, 60, 10, 5, 40, 30, 4)
ROW = pb.ImportLegacyAccountsResponse.Row


@pytest.fixture
def connection(server: VaultServer, tls: Tls) -> Sequence[str]:
    """The connection options for the server."""
    return (
        *("--target", server.target, "--server-name", "localhost"),
        *("--ca", str(tls.ca), "--certificate", str(tls.certificate), "--key", str(tls.key)),
    )


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, arguments)


def parsed(svg: str) -> ElementTree.Element:
    """Return the root of a generated SVG."""
    return ElementTree.fromstring(svg)  # noqa: S314 - we wrote it


def found(**changes: Any) -> CampaignProgress:
    """Return the progress of ten days, with changes."""
    values: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "state": CampaignState.RUNNING,
        "cohort_size": 100,
        "total": FUNNEL,
        "unanswered": 7,
        "days": tuple((FIRST + timedelta(days=day), Method.WHEN_DUE, Funnel(9)) for day in range(10)),
        "coverage": tuple((FIRST + timedelta(days=day), 5 * day) for day in (1, 2, 4, 6)),
    }
    return CampaignProgress(**{**values, **changes})


def created(body: bytes) -> pb.ImportLegacyAccountsResponse:
    """Create every account of a request except one without a date."""
    request = pb.ImportLegacyAccountsRequest.FromString(body)
    return pb.ImportLegacyAccountsResponse(
        rows=[
            ROW(outcome=ROW.OUTCOME_CREATED, account_token=TOKEN)
            if one.create_date
            else ROW(outcome=ROW.OUTCOME_FAILED, violation_field="create_date", violation_code="REQUIRED")
            for one in request.accounts
        ]
    )


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    """A file of three accounts."""
    file = tmp_path / "accounts.csv"
    file.write_text(
        "reference,create_date\n" + "".join(f"user-{one},2012-05-01\n" for one in range(3)), "utf-8"
    )
    return file


def test_an_import(server: VaultServer, connection: Sequence[str], accounts: Path, tmp_path: Path) -> None:
    """The last line has the counts."""
    server.outcomes = [created]
    files = ("--resume", str(tmp_path / "resume"), "--result", str(tmp_path / "result"))
    result = run(*connection, "import-legacy", str(accounts), "--label", "2014", *files)
    assert result.exit_code == 0
    assert result.stdout == "import: 3 accounts, 3 created, 0 repeated, 0 failed\n"
    assert len((tmp_path / "result").read_text("utf-8").splitlines()) == 4


def test_a_wrong_row(server: VaultServer, connection: Sequence[str], accounts: Path) -> None:
    """The exit code is 1, and with --json the output is one object."""
    server.outcomes = [created]
    with accounts.open("a", encoding="utf-8") as file:
        file.write("user-4,\n")
    result = run(*connection, "import-legacy", str(accounts), "--label", "2014", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    assert json.loads(result.stdout) == {"accounts": 4, "created": 3, "repeated": 0, "failed": 1}
    server.outcomes = [created]
    result = run(*connection, "import-legacy", str(accounts), "--label", "2014")
    assert (result.exit_code, result.stdout[-11:]) == (1, ", 1 failed\n")
    assert "--result" in result.stderr


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_wrong_file(connection: Sequence[str], tmp_path: Path, options: Sequence[str]) -> None:
    """Nothing is sent, and the text names what is missing."""
    file = tmp_path / "accounts.csv"
    file.write_text("a,b\n", "utf-8")
    result = run(*connection, "import-legacy", str(file), "--label", "2014", *options)
    assert result.exit_code == 2
    assert "header" in result.stderr


def test_an_import_without_an_answer(
    server: VaultServer, connection: Sequence[str], accounts: Path, tmp_path: Path
) -> None:
    """The exit code is 3, and the next try resumes."""
    server.outcomes = [Refuse(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")]
    resume = ("--resume", str(tmp_path / "resume"))
    command = (*connection, "--timeout", "1", "import-legacy", str(accounts), "--label", "2014", *resume)
    assert run(*command).exit_code == 3
    server.outcomes = [created]
    assert run(*command).exit_code == 0


def message() -> pb.CampaignProgress:
    """Return a progress as in the vault's answer."""
    funnel = pb.CampaignFunnel(invited=5, shown=4, later=1, verified=1)
    return pb.CampaignProgress(
        campaign_id=CAMPAIGN,
        state=pb.Campaign.STATE_RUNNING,
        cohort_size=9,
        unanswered=2,
        total=funnel,
        days=[
            pb.CampaignProgress.Day(day="2026-03-01", method=pb.CampaignPlan.METHOD_AT_LOGIN, funnel=funnel)
        ],
        coverage=[pb.CampaignProgress.Coverage(day="2026-03-01", verified=1)],
    )


def test_progress(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """The funnel is shown, both images are written, and the last line has the figures."""
    server.outcomes = [message()]
    files = ("--svg", str(tmp_path / "p.svg"), "--png", str(tmp_path / "p.png"))
    result = run(*connection, "campaign", "progress", CAMPAIGN, *files)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "progress: 1 of 5 invited owners verified, 1 later, 2 without an answer, cohort of 9"
    )
    assert "at login" in result.stdout
    assert parsed((tmp_path / "p.svg").read_text("utf-8")).get("role") == "img"
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_progress_as_json(server: VaultServer, connection: Sequence[str]) -> None:
    """The output is one object with days and curve."""
    server.outcomes = [message()]
    result = run(*connection, "campaign", "progress", CAMPAIGN, "--json")
    shown = json.loads(result.stdout)
    assert (shown["cohort_size"], shown["state"], shown["total"]["invited"]) == (9, "RUNNING", 5)
    assert (shown["total"]["later"], shown["unanswered"]) == (1, 2)
    assert shown["days"][0]["method"] == "AT_LOGIN"
    assert shown["coverage"] == [{"day": "2026-03-01", "verified": 1}]


def test_no_such_campaign(server: VaultServer, connection: Sequence[str]) -> None:
    """The exit code is 4, with the reason."""
    server.outcomes = [Refuse(grpc.StatusCode.NOT_FOUND, "REQUEST_NOT_FOUND")]
    result = run(*connection, "campaign", "progress", CAMPAIGN)
    assert result.exit_code == 4
    assert "REQUEST_NOT_FOUND" in result.stderr


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_campaigns_of_all_pages(
    server: VaultServer, connection: Sequence[str], options: Sequence[str]
) -> None:
    """Every page is requested."""
    one = pb.Campaign(
        campaign_id=CAMPAIGN,
        state=pb.Campaign.STATE_RUNNING,
        plan=pb.CampaignPlan(title="Verify", methods=[pb.CampaignPlan.METHOD_AT_LOGIN]),
    )
    server.outcomes = [
        pb.ListCampaignsResponse(campaigns=[one], next_page_token="next"),
        pb.ListCampaignsResponse(campaigns=[one]),
    ]
    result = run(*connection, "campaign", "list", *options)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 2
    assert CAMPAIGN in lines[0]
    assert "AT_LOGIN" in lines[0]


@pytest.mark.parametrize("option", ["--svg", "--png"])
def test_a_chart_needs_matplotlib(
    server: VaultServer,
    connection: Sequence[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
) -> None:
    """Without it the figures are printed all the same, and the text says what to install: exit code 3."""
    real = builtins.__import__

    def without(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError(name=name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    server.outcomes = [message(), message(), message()]
    drawn = ("campaign", "progress", CAMPAIGN, option, str(tmp_path / "chart"))
    result = run(*connection, *drawn)
    assert result.exit_code == 3
    assert result.stderr == "a chart needs matplotlib: pip install 'idvault-client[plot]'\n"
    assert result.stdout.splitlines()[-1].startswith("progress: 1 of 5 invited owners verified")
    result = run(*connection, "--json", *drawn)
    assert json.loads(result.stdout)["cohort_size"] == 9
    assert "pip install" in json.loads(result.stderr)["error"]["reason"]
    assert not (tmp_path / "chart").exists()
    assert run(*connection, "campaign", "progress", CAMPAIGN).exit_code == 0


def test_a_chart_draws_what_it_says() -> None:
    """Each stage has a bar as long as its share, and the curve ends at the last figure."""
    figure = campaign_chart.chart(found())
    funnel, coverage = figure.axes
    # Not imported above: it takes half a second, and every worker imports this file.
    from matplotlib.patches import Rectangle

    bars = [patch.get_width() for patch in funnel.patches if isinstance(patch, Rectangle)]
    assert bars == [100, 90, 80, 60, 10, 5, 40, 30, 4, 7]
    assert [label.get_text() for label in funnel.get_yticklabels()] == ["cohort", *STAGES, "no answer"]
    assert [text.get_text() for text in funnel.texts][:2] == ["100", "90  90 %"]
    (curve,) = coverage.lines
    drawn: Any = curve.get_ydata()
    assert list(drawn) == [0, 5, 10, 10, 20, 20, 30, 30, 30, 30]
    assert figure.get_suptitle() == f"Campaign {CAMPAIGN[:12]}: 30 of 100 accounts verified"


@pytest.mark.parametrize(
    "progress",
    [
        found(cohort_size=0, total=Funnel(), days=(), coverage=()),
        found(days=((FIRST, None, Funnel(1)),), coverage=()),
        found(days=(), coverage=((FIRST, 100),)),
        found(days=tuple((FIRST + timedelta(days=day), Method.AT_LOGIN, FUNNEL) for day in range(200))),
    ],
)
def test_charts_of_little_and_much(progress: CampaignProgress) -> None:
    """Charts work for no campaign, one day and many days."""
    assert parsed(campaign_chart.svg(progress).decode()) is not None
    assert campaign_chart.png(progress)
    console = Console(record=True, width=120)
    screen.show(progress, console)
    assert CAMPAIGN in console.export_text()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_figures_fit_the_terminal(width: int) -> None:
    """Every figure is there, and no line is longer than the terminal, however many stages were reached."""
    days = tuple((FIRST + timedelta(days=day), Method.AT_SENSITIVE_ACTION, FUNNEL) for day in range(90))
    console = Console(record=True, width=width)
    screen.show(found(days=days), console)
    text = console.export_text()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "…" not in text
    first = text[text.index("2026-03-01") :].split("2026-03-02", maxsplit=1)[0]
    figures = [int(word) for word in first.replace(",", " ").split() if word.isdecimal()]
    assert figures == [90, 80, 60, 10, 5, 40, 30, 4]
    assert CAMPAIGN in text


def test_the_curve_has_every_day() -> None:
    """Days without a change keep the previous day's figure."""
    days = coverage_by_day(found())
    assert [verified for _, verified in days] == [0, 5, 10, 10, 20, 20, 30, 30, 30, 30]


@pytest.mark.parametrize(("verified", "highest"), [(0, 1), (3, 4), (50, 60), (100, 100)])
def test_the_curve_fills_its_frame(verified: int, highest: int) -> None:
    """A campaign that has just started is drawn with a fitting scale, in per cent."""
    figure = campaign_chart.chart(found(coverage=((FIRST, 0), (FIRST + timedelta(days=1), verified))))
    coverage = figure.axes[1]
    assert coverage.get_ylim() == (0, highest)
    assert coverage.yaxis.get_major_formatter()(0.5) == "0.5 %"


def test_text_is_escaped() -> None:
    """Text in an SVG is escaped, and a screen reader can read the chart."""
    root = parsed(campaign_chart.svg(found(campaign_id='<&">')).decode())
    assert root.get("role") == "img"
    assert root[0].text == 'Campaign <&">: 30 of 100 accounts verified'
    assert 'Campaign <&">: 30 of 100 accounts verified' in "".join(list(root.itertext())[2:])


def test_a_png_has_its_pixels() -> None:
    """It is large enough for print and high-resolution screens."""
    data = campaign_chart.png(found())
    assert struct.unpack(">II", data[16:24]) == (1520, 1200)
