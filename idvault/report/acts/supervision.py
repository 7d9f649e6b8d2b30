"""The page of public supervision: `index.html` and `index.en.html` of the public directory, for a journalist.

- It says what is in the log and who signed that, who can open an identity, which deadlines were missed, where
  the reports are, and how to verify and mirror all of it. Its numbers are those of the published reports.
- It proves nothing by itself: it names the files and commands that do.
- Of the roster it has the organisations, not the members.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from idvault.log.ports import PublicDirectory
from idvault.report.acts import page as report_page
from idvault.report.acts.report import FOLDER, RunningMonth, path_of
from idvault_verify import period as periods
from idvault_verify.attest.people.roster import Roster
from idvault_verify.clock import ClockReading
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Language, Title
from idvault_verify.transparency import checkpoint, report
from idvault_verify.transparency.checkpoint import CosignaturePolicy, SignedCheckpoint
from idvault_verify.transparency.directory import LOG_FOLDER
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.report import Report
from idvault_verify.transparency.tile import CHECKPOINT_PATH

PATHS = {Language.ZH: "index.html", Language.EN: "index.en.html"}
_MOST_REPORTS = 60
_MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Supervised:
    """What the page shows. reports: the published ones, the newest first. so_far: the running month.

    web_url: of the hosted pages, empty if there are none.
    """

    key: VerifierKey
    roster: Roster
    newest: SignedCheckpoint
    reports: Sequence[Report]
    made: datetime
    so_far: tuple[str, Mapping[str, int]]
    web_url: str = ""


@dataclass(kw_only=True, eq=False, repr=False)
class PublicPage:
    """The page of one public directory. policy: whose signatures the log's checkpoints need.

    web_url: of the hosted pages, empty if there are none.
    """

    files: PublicDirectory
    running: RunningMonth
    key: VerifierKey
    roster: Callable[[], Roster]
    policy: Callable[[], CosignaturePolicy]
    web_url: str = ""


async def publish(page: PublicPage, *, now: ClockReading) -> None:
    """Publish the page; raises UnavailableError, LogError."""
    raw = await page.files.read(CHECKPOINT_PATH)
    if raw is None:
        return
    newest = checkpoint.verify(raw, page.policy())
    month, count = await page.running.up_to(newest.checkpoint.size, now=now)
    shown = Supervised(
        key=page.key,
        roster=page.roster(),
        newest=newest,
        reports=await _published(page.files),
        made=now.real,
        so_far=(month.name, count.values(report_catalogue.logged_figures())),
        web_url=page.web_url,
    )
    for language, path in PATHS.items():
        await page.files.write(path, render(shown, language=language).encode())


async def _published(files: PublicDirectory) -> list[Report]:
    listed = await files.listing(without=LOG_FOLDER)
    names = [path.removeprefix(f"{FOLDER}/").removesuffix(".json") for path in listed]
    found = [each for name in names if (each := periods.named(name)) is not None]
    newest = sorted(found, key=lambda each: (each.last, each.first), reverse=True)[:_MOST_REPORTS]
    read = [await files.read(path_of(each, "json")) for each in newest]
    return [report.parse(data) for data in read if data is not None]


def render(shown: Supervised, *, language: Language) -> str:
    """Return the page in one language."""
    title = report_page.SUPERVISION.in_language(language)
    other = PATHS[Language.EN if language is Language.ZH else Language.ZH]
    body = "\n".join(
        (
            report_page.element("h1", f"{title}: {shown.key.name}"),
            report_page.element("p", report_page.WHAT_IT_IS.in_language(language)),
            *_log(shown, language),
            *_people(shown.roster, language),
            *_tip_offs(shown.web_url, language),
            *_deadlines(shown, language),
            *_reports(shown.reports, language),
            *_verify(shown.key, language),
        )
    )
    links = report_page.link(other, report_page.OTHER_LANGUAGE.in_language(language))
    return report_page.page(body, links=links, title=title, language=language)


def _heading(title: Title, language: Language) -> str:
    return report_page.element("h2", title.in_language(language))


def _text(title: Title, language: Language, **values: object) -> str:
    return report_page.element("p", title.in_language(language).format(**values))


def _log(shown: Supervised, language: Language) -> list[str]:
    newest, cosigned = shown.newest.checkpoint, shown.newest.cosigned
    rows = [
        (report_page.ENTRIES.in_language(language), f"{newest.size:,}"),
        (report_page.AS_OF.in_language(language), f"{shown.made.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
        (report_page.ROOT.in_language(language), newest.root.hex()),
    ]
    witnesses = [(key.name, _minute(time)) for key, time in sorted(cosigned, key=lambda one: one[0].name)]
    head = (report_page.WITNESS.in_language(language), report_page.COSIGNED.in_language(language))
    return [
        _heading(report_page.THE_LOG, language),
        _text(report_page.LOG_IS, language),
        report_page.table(rows),
        report_page.table(witnesses, head=head) if witnesses else _text(report_page.NO_WITNESS, language),
    ]


def _minute(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _people(roster: Roster, language: Language) -> list[str]:
    rows = [
        (title.in_language(language), ", ".join(_organisations(roster, role)) or "–")
        for title, role in ((report_page.CUSTODIANS, "custodian"), (report_page.AUDITORS, "auditor"))
    ]
    quorums = {(each.threshold, len(each.custodians)) for each in roster.quorums}
    return [
        _heading(report_page.PEOPLE, language),
        *(_text(report_page.QUORUM, language, threshold=few, size=all_) for few, all_ in sorted(quorums)),
        report_page.table(rows),
    ]


def _organisations(roster: Roster, role: str) -> list[str]:
    return sorted({member.organisation for member in roster.people if member.role == role})


def _tip_offs(web_url: str, language: Language) -> list[str]:
    if not web_url:
        return []
    address = f"{web_url}/r?lang={language.value}"
    return [
        _heading(report_page.TIP_OFFS, language),
        _text(report_page.TIP_OFFS_ARE, language),
        f"<p>{report_page.link(address, report_page.TIP_OFF_FORMS.in_language(language))}</p>",
    ]


def _deadlines(shown: Supervised, language: Language) -> list[str]:
    running, counted = shown.so_far
    ended = [each for each in shown.reports if each.period.months() == (each.period,)][:_MOST_MONTHS]
    months = [(report_page.SO_FAR.in_language(language).format(month=running), counted)]
    months += [(each.period.name, each.logged) for each in ended if each.period.name != running]
    parts = [_heading(report_page.DEADLINES, language), _text(report_page.DEADLINES_ARE, language)]
    for kind in report_catalogue.DEADLINES:
        names = (kind.due, *kind.missed)
        head = [report_page.MONTH, *(report_catalogue.BY_NAME[name].title for name in names)]
        rows = [[month, *(_number(logged, name) for name in names)] for month, logged in months]
        name = kind.title.in_language(language)
        grid = report_page.grid([title.in_language(language) for title in head], rows, label=name)
        parts += [report_page.element("h3", name), grid]
    return parts


def _number(logged: Mapping[str, int], name: str) -> str:
    return str(logged.get(name, "–"))


def _reports(reports: Sequence[Report], language: Language) -> list[str]:
    if not reports:
        return [_heading(report_page.REPORTS, language), _text(report_page.NO_REPORT, language)]
    items = "".join(f"<li>{_report_links(each, language)}</li>" for each in reports)
    return [
        _heading(report_page.REPORTS, language),
        _text(report_page.REPORTS_ARE, language),
        f"<ul>{items}</ul>",
    ]


def _report_links(each: Report, language: Language) -> str:
    page = report_page.link(path_of(each.period, f"{language.value}.html"), each.period.name)
    data = report_page.link(path_of(each.period, "json"), report_page.DATA.in_language(language))
    signature = report_page.SIGNATURE.in_language(language)
    return f"{page} ({data}, {report_page.link(path_of(each.period, 'note'), signature)})"


def _verify(key: VerifierKey, language: Language) -> list[str]:
    url = f"https://{key.name}/"
    steps = (
        (report_page.GET_CLIENT, "pip install 'idvault-verify[cli]'"),
        (
            report_page.MIRROR,
            f"idvault-verify mirror-log copy --from {url} --public-key '{key}' --unwitnessed",
        ),
        (
            report_page.RECOMPUTE,
            f"idvault-verify check-report copy/report/REPORT.json --log copy --public-key '{key}'",
        ),
        (
            report_page.FOLLOW,
            f"idvault-verify follow-log --url {url} --public-key '{key}' --state seen --witness …",
        ),
    )
    return [
        _heading(report_page.CHECK, language),
        _text(report_page.KEY_IS, language),
        f"<pre>{escape(str(key))}</pre>",
        *(f"{_text(title, language)}<pre>{escape(command)}</pre>" for title, command in steps),
        f"<p>{report_page.link('index', report_page.ALL_FILES.in_language(language))}</p>",
    ]
