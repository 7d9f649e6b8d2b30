"""The page of public supervision: `index.html` and `index.en.html` of the public directory, for a journalist.

- First come five numbers of the published reports, who can open an identity, whose deadlines passed, who
  watches over the service, and how to check it in three steps. The rest follows: reports, the log, orders,
  all deadlines.
- Its numbers are those of the published reports, and of the log's entries in the month that goes on.
- It proves nothing by itself: it names the files and commands that do.
- Of the roster it has the organisations, not the members, and each authority with its public key: an order is
  signed by it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from idvault.log.ports import PublicDirectory
from idvault.report.acts import headline, lateness
from idvault.report.acts import page as report_page
from idvault.report.acts.lateness import Late
from idvault.report.acts.report import RunningMonth
from idvault.report.acts.sources import FOLDER, PLATFORMS, PLATFORMS_NOTE, path_of
from idvault_verify import period as periods
from idvault_verify.attest import reading
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.people.roster import Roster
from idvault_verify.clock import ClockReading
from idvault_verify.period import Period
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Language
from idvault_verify.report.provider import UNNAMED, ProviderCount
from idvault_verify.transparency import checkpoint, report
from idvault_verify.transparency import platforms as platforms_file
from idvault_verify.transparency.checkpoint import CosignaturePolicy, SignedCheckpoint
from idvault_verify.transparency.directory import LOG_FOLDER
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.platforms import Platforms
from idvault_verify.transparency.report import Report
from idvault_verify.transparency.tile import CHECKPOINT_PATH

PATHS = {Language.ZH: "index.html", Language.EN: "index.en.html"}
_MOST_REPORTS = 60
_MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Supervised:
    """What the page shows. reports: the published ones, the newest first. so_far: the running month.

    late: how many deadlines each platform missed in it. platforms: the newest month that has a file of its
    platforms, with that file.
    named: the names of the months that have a file of their platforms. web_url: of the hosted pages, empty if
    there are none. run_by: who runs the service, by language; empty if that is not known. url: of the public
    directory, empty for that of the log's name. zone: of the operator's days.
    """

    key: VerifierKey
    roster: Roster
    newest: SignedCheckpoint
    reports: Sequence[Report]
    made: datetime
    so_far: tuple[str, Mapping[str, int]]
    late: Late = field(default_factory=dict)
    platforms: tuple[Period, Platforms] | None = None
    named: frozenset[str] = frozenset()
    web_url: str = ""
    run_by: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    zone: tzinfo = UTC


@dataclass(kw_only=True, eq=False, repr=False)
class PublicPage:
    """The page of one public directory. policy: whose signatures the log's checkpoints need.

    web_url: of the hosted pages, empty if there are none. run_by: who runs the service, by language. url: of
    the public directory, empty for that of the log's name.
    """

    files: PublicDirectory
    running: RunningMonth
    key: VerifierKey
    roster: Callable[[], Roster]
    policy: Callable[[], CosignaturePolicy]
    web_url: str = ""
    run_by: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


async def publish(page: PublicPage, *, now: ClockReading) -> None:
    """Publish the page; raises UnavailableError, LogError."""
    raw = await page.files.read(CHECKPOINT_PATH)
    if raw is None:
        return
    newest = checkpoint.verify(raw, page.policy())
    month, count, by_provider = await page.running.up_to(newest.checkpoint.size, now=now)
    paths = await page.files.listing(without=LOG_FOLDER)
    named = frozenset(
        path.removeprefix(f"{FOLDER}/").removesuffix(f".{PLATFORMS_NOTE}")
        for path in paths
        if path.endswith(f".{PLATFORMS_NOTE}")
    )
    shown = Supervised(
        key=page.key,
        roster=page.roster(),
        newest=newest,
        reports=await _published(page.files, paths),
        made=now.real,
        so_far=(month.name, count.values(report_catalogue.logged_figures())),
        late=_late(by_provider),
        platforms=await _newest_platforms(page.files, named),
        named=named,
        web_url=page.web_url,
        run_by=page.run_by,
        url=page.url,
        zone=page.running.sources.zone,
    )
    for language, path in PATHS.items():
        await page.files.write(path, render(shown, language=language).encode())


async def _published(files: PublicDirectory, paths: Sequence[str]) -> list[Report]:
    names = [path.removeprefix(f"{FOLDER}/").removesuffix(".json") for path in paths]
    found = [each for name in names if (each := periods.named(name)) is not None]
    newest = sorted(found, key=lambda each: (each.last, each.first), reverse=True)[:_MOST_REPORTS]
    read = [await files.read(path_of(each, "json")) for each in newest]
    return [report.parse(data) for data in read if data is not None]


async def _newest_platforms(files: PublicDirectory, named: frozenset[str]) -> tuple[Period, Platforms] | None:
    months = [month for name in named if (month := periods.named(name)) is not None]
    if not months:
        return None
    newest = max(months, key=lambda each: each.last)
    raw = await files.read(path_of(newest, PLATFORMS))
    return None if raw is None else (newest, platforms_file.parse(raw))


def _late(counted: ProviderCount) -> dict[str, int]:
    """Return how many deadlines each platform missed, without those that missed none."""
    missed = {name: sum(counted.missed(name).values()) for name in (*counted.late(), UNNAMED)}
    return {name: count for name, count in missed.items() if count}


def render(shown: Supervised, *, language: Language) -> str:
    """Return the page in one language."""
    say = report_page.saying(language)
    other = PATHS[Language.EN if language is Language.ZH else Language.ZH]
    running, name = shown.so_far[0], shown.run_by.get(language.value) or shown.key.name
    heading = say("supervision_of", name=name)
    zone = shown.zone
    return report_page.published(
        "supervision.html",
        language=language,
        title=heading,
        heading=heading,
        links=[*_hosted(shown, say, language, front=True), (other, say("other_language"))],
        footer=[("", say("run_by", name=name)), *_hosted(shown, say, language)],
        headlines=headline.headlines(shown.reports, running=running, language=language),
        running=report_page.period_text(running, language),
        late=lateness.platforms(shown.late, shown.platforms, language=language),
        last=report_page.period_text(shown.platforms[0].name, language) if shown.platforms else "",
        watching=_watching(shown, say),
        log=_log(shown, say),
        witnesses=[
            (key.name, report_page.minute(datetime.fromtimestamp(time, UTC), zone))
            for key, time in sorted(shown.newest.cosigned, key=lambda one: one[0].name)
        ],
        quorums=sorted({(each.threshold, len(each.custodians)) for each in shown.roster.quorums}),
        authorities=_authorities(shown.roster, say),
        roster=shown.roster.digest(),
        web_url=shown.web_url,
        deadlines=_deadlines(shown, language),
        reports=[_files(each, language, shown.named) for each in shown.reports],
        key=str(shown.key),
        fingerprint=roster_member.fingerprint(shown.key.public_key),
        url=shown.url or f"https://{shown.key.name}/",
    )


def _hosted(
    shown: Supervised, say: Callable[..., str], language: Language, *, front: bool = False
) -> list[tuple[str, str]]:
    """Return addresses of hosted pages with their texts, if there are any: the first, or help and privacy."""
    pages = {"": "hosted_pages"} if front else {"help": "help", "privacy": "privacy"}
    query = f"?lang={language.value}"
    return [(f"{shown.web_url}/{page}{query}", say(key)) for page, key in pages.items() if shown.web_url]


def _watching(shown: Supervised, say: Callable[..., str]) -> list[tuple[str, str]]:
    """Return who watches over the service, by what they are; no member of the roster but the authorities."""
    roles = {"custodians": "custodian", "auditors": "auditor", "authorities_named": "authority"}
    told = [(say(key), _organisations(shown.roster, role)) for key, role in roles.items()]
    told.append((say("witnesses"), sorted(key.name for key, _ in shown.newest.cosigned)))
    return [(name, say("between").join(organisations) or "–") for name, organisations in told]


def _authorities(roster: Roster, say: Callable[..., str]) -> list[tuple[str, str, str]]:
    """Return each authority with the fingerprint of its key, and the key."""
    return [
        (
            say("authority_of", organisation=each.organisation, name=each.name),
            roster_member.fingerprint(each.ed25519),
            reading.base64url(each.ed25519),
        )
        for each in sorted(roster.people, key=lambda one: one.name)
        if each.role == "authority"
    ]


def _log(shown: Supervised, say: Callable[..., str]) -> list[tuple[str, str]]:
    newest = shown.newest.checkpoint
    return [
        (say("entries"), f"{newest.size:,}"),
        (say("as_of"), report_page.minute(shown.made, shown.zone)),
        (say("root"), newest.root.hex()),
    ]


def _organisations(roster: Roster, role: str) -> list[str]:
    return sorted({member.organisation for member in roster.people if member.role == role})


def _deadlines(shown: Supervised, language: Language) -> list[dict[str, object]]:
    """Return a table for each kind: its months, the running one first, with what was due and missed."""
    say = report_page.saying(language)
    running, counted = shown.so_far
    ended = [each for each in shown.reports if each.period.months() == (each.period,)][:_MOST_MONTHS]
    months = [(say("so_far", month=report_page.period_text(running, language)), counted)]
    months += [
        (report_page.period_text(each.period.name, language), each.logged)
        for each in ended
        if each.period.name != running
    ]
    tables: list[dict[str, object]] = []
    for kind in report_catalogue.DEADLINES:
        names = (kind.due, *kind.missed)
        titles = [report_page.headed(report_catalogue.BY_NAME[name], language) for name in names]
        rows = [(month, [str(logged.get(name, "–")) for name in names]) for month, logged in months]
        missed = sum(logged.get(name, 0) for _, logged in months for name in kind.missed)
        title = kind.title.in_language(language)
        tables.append(
            {
                "title": title,
                "missed": missed,
                "summary": say("kind_missed", kind=title, count=missed),
                "head": [say("month"), *titles],
                "rows": rows,
            }
        )
    return tables


def _files(each: Report, language: Language, named: frozenset[str]) -> dict[str, str]:
    has_platforms = each.period.name in named
    return {
        "name": each.period.name,
        "title": report_page.period_text(each.period.name, language),
        "page": path_of(each.period, f"{language.value}.html"),
        "data": path_of(each.period, "json"),
        "note": path_of(each.period, "note"),
        "platforms": path_of(each.period, PLATFORMS) if has_platforms else "",
        "platforms_note": path_of(each.period, PLATFORMS_NOTE) if has_platforms else "",
    }
