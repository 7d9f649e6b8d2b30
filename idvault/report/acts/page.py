"""A report as a page, or as text for a terminal: tables, charts, two languages; no script, nothing loaded.

Labels and numbers of the charts (SVG) are text above each bar, so that they are readable at 320 pixels.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from html import escape

from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Language, Section, Title
from idvault_verify.suppression import Cells
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.report import Hours, Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LANGUAGES = {Language.ZH: "zh-CN", Language.EN: "en"}
_STYLE = """
:root { color-scheme: light dark; --bar: #1d5b8f; --line: #8a8f94; }
@media (prefers-color-scheme: dark) { :root { --bar: #7db7e8; } }
body { font: 1rem/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 0 auto; padding: 1rem; max-width: 46rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid var(--line); } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: .3rem .3rem .3rem 0; border-bottom: 1px solid var(--line); } td { overflow-wrap: anywhere; }
.wide { overflow-x: auto; } .wide th + th { text-align: right; } th { font-weight: normal; } thead th { font-weight: bold; } td.number { text-align: right; white-space: nowrap; padding-right: 0; }
svg { display: block; width: 100%; max-width: 30rem; height: auto; } svg text { font-size: 13px; fill: currentColor; } svg rect { fill: var(--bar); }
svg rect.hidden { fill: none; stroke: var(--line); stroke-dasharray: 4 3; }
code, pre { font: .85rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
a { color: inherit; } nav a { display: inline-block; min-height: 2.75rem; line-height: 2.75rem; margin-right: 1rem; }
@media print { body { max-width: none; } h2 { break-after: avoid; } svg, tr { break-inside: avoid; } }
"""  # noqa: E501 - a style sheet


def page(main: str, *, links: str, title: str, language: Language) -> str:
    """Return a whole page. main, links: HTML; title: text."""
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{_LANGUAGES[language]}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head>",
            f"<body><nav>{links}</nav><main>{main}</main></body></html>",
            "",
        )
    )


def element(name: str, text: str, *, css: str = "") -> str:
    """Return an element with a text."""
    attribute = f' class="{css}"' if css else ""
    return f"<{name}{attribute}>{escape(text)}</{name}>"


def link(href: str, text: str) -> str:
    """Return a link."""
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def table(rows: list[tuple[str, str]], *, head: tuple[str, str] | None = None, kind: str = "text") -> str:
    """Return a table of names and texts, or of numbers, which are not broken."""
    top = "" if head is None else f"<thead><tr>{''.join(_head(text) for text in head)}</tr></thead>"
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{element("td", text, css=kind)}</tr>' for name, text in rows
    )
    return f"<table>{top}<tbody>{lines}</tbody></table>"


def grid(head: list[str], rows: list[list[str]], *, label: str) -> str:
    """Return a table of numbers; the first column names the row. Narrow screens scroll within it."""
    top = "".join(_head(text) for text in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(_cell(text) for text in rest)}</tr>'
        for first, *rest in rows
    )
    region = f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">'
    return f"{region}<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>"


def _cell(text: str) -> str:
    return element("td", text, css="number")


def _head(text: str) -> str:
    return f'<th scope="col">{escape(text)}</th>'


_WIDTH, _LINE, _BAR, _GAP = 300, 17, 12, 9
_FEWEST_PIXELS = 1.0
# Widths at 13 pixels, rounded up: nobody knows the reader's font.
_WIDE, _NARROW, _BETWEEN = 13.5, 8.0, 8.0
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. size: None for a hidden number. text: the number as it is shown."""

    label: str
    size: int | None
    text: str


def render_chart(bars: Sequence[Bar], *, title: str) -> str:
    """Return the chart; its description has the same rows, for screen readers."""
    longest = max((bar.size or 0 for bar in bars), default=0)
    rows, top = [], 0
    for bar in bars:
        lines = list(_lines(bar.label, _WIDTH - _width(bar.text) - _BETWEEN))[:_MOST_LINES]
        rows.append(_row(top, lines, bar, longest))
        top += len(lines) * _LINE + _BAR + _GAP
    told = escape(f"{title}. {'; '.join(f'{bar.label}: {bar.text}' for bar in bars)}")
    return f'<svg role="img" viewBox="0 0 {_WIDTH} {top}" aria-label="{told}">{"".join(rows)}</svg>'


def _row(top: int, lines: Sequence[str], bar: Bar, longest: int) -> str:
    label = "".join(_text(0, top + place * _LINE, line) for place, line in enumerate(lines))
    number = _text(_WIDTH, top, bar.text, anchor=' text-anchor="end"')
    below = top + len(lines) * _LINE + 2
    return label + number + (_hidden(below) if bar.size is None else _shown(below, bar.size, longest))


def _text(x: int, top: int, text: str, *, anchor: str = "") -> str:
    return f'<text x="{x}" y="{top + 13}"{anchor}>{escape(text)}</text>'


def _shown(top: int, size: int, longest: int) -> str:
    width = max(_WIDTH * size / longest, _FEWEST_PIXELS) if size else 0.0
    return f'<rect x="0" y="{top}" width="{width:.1f}" height="{_BAR}"/>'


def _hidden(top: int) -> str:
    return f'<rect class="hidden" x="0.5" y="{top + 0.5}" width="{_WIDTH - 1}" height="{_BAR - 1}"/>'


def _lines(text: str, width: float) -> Iterator[str]:
    """Break a label into lines, at spaces where it has some."""
    line = ""
    for character in text:
        if _width(line + character) > width:
            head, space, tail = line.rpartition(" ")
            yield head if space else line
            line = tail if space else ""
        line += character
    yield line


def _width(text: str) -> float:
    return sum(_WIDE if unicodedata.east_asian_width(each) in "WFA" else _NARROW for each in text)


REPORT = Title("透明度报告", "Transparency report")
PERIOD = Title("{first} 至 {last}（含首尾两日，{zone}）", "{first} to {last}, both included ({zone})")
MADE = Title("生成于 {made} UTC", "made on {made} UTC")
PUBLIC_LOG = Title("公开日志", "public log")
COUNTED = Title(
    "标有 ✓ 的数字由公开日志计数得出，直至第 {size} 条：任何人都可以重新计算。其余数字由服务方陈述。",
    "Numbers marked ✓ are counted from the public log, up to its entry {size}: anybody can recompute them. "
    "The other numbers are the operator's statement.",
)
SUPPRESSED = Title(
    "日志未显示的 1 至 4 之间的数字不予公布；为使其无法推算，同一分类中的其他数字有时也不公布。"
    "状态数向下取整到 5 的倍数。",
    "Numbers from 1 to 4 that are not in the log are withheld, sometimes with others of the same list, so "
    "that nobody can compute them. Current numbers are rounded down to a multiple of 5.",
)
HIDDEN = Title("不公布", "withheld")
NO_BREAKDOWN = Title("只按整月公布", "published for whole months only")
AT_LEAST = Title("≥ {count}", "{count} or more")
FEWER = Title("少于 5", "fewer than 5")
HOURS = Title("中位数 {median} 小时，九成不超过 {p90} 小时", "median {median} h, nine of ten within {p90} h")
FIGURE, NUMBER = Title("项目", "figure"), Title("数量", "number")
CHECK = Title("自行验证", "Check it yourself")
CHECK_HOW = Title(
    "取得本报告的 JSON 文件和日志的公钥，然后运行：",
    "Take the JSON file of this report and the log's public key, and run:",
)
OTHER_LANGUAGE = Title("English", "中文")
DATA = Title("数据 (JSON)", "data (JSON)")
SUPERVISION = Title("公众监督", "Public supervision")
WHAT_IT_IS = Title(
    "本服务核验用户的真实身份，并将其封存：服务方自身无法打开。每次核验、每次处置、每次开启都会记入公开日志。"
    "本页说明谁在监督，以及任何人如何自行核对。",
    "This service verifies the identities of its users and seals them: it cannot open them itself. Every "
    "verification, every sanction and every opening is entered in a public log. This page says who watches "
    "over the service, and how anybody can check it.",
)
THE_LOG = Title("公开日志", "The log")
LOG_IS = Title(
    "日志只增不减。见证人是独立的机构，只为延续其已见内容的日志签名。条目不含姓名，也不含证件号码。",
    "The log only grows. Witnesses are independent organisations that sign only a continuation of what they "
    "have seen. No entry has a name or a document number.",
)
ENTRIES, AS_OF, ROOT = Title("条目数", "entries"), Title("截至", "as of"), Title("根哈希", "root hash")
WITNESS, COSIGNED = Title("见证人", "witness"), Title("最近签名", "last signed")
NO_WITNESS = Title("目前没有见证人签名。", "No witness has signed it.")
PEOPLE = Title("谁能开启身份", "Who can open an identity")
QUORUM = Title(
    "封存的身份须由 {size} 名保管人中的至少 {threshold} 名同意，并由一名审计员依法申请，才能开启。",
    "A sealed identity opens only if at least {threshold} of {size} custodians agree to the request of an "
    "auditor, who must name the legal basis.",
)
CUSTODIANS = Title("保管人所属机构", "organisations of the custodians")
AUDITORS = Title("审计员所属机构", "organisations of the auditors")
TIP_OFFS = Title("举报", "Reports of rumours")
TIP_OFFS_ARE = Title(
    "任何人都可以向平台举报谣言，无需账号，可以匿名；平台须在七日内答复并处理。凭编号和密码查询答复。",
    "Anybody can report rumours to a platform, without an account and without a name. The platform must "
    "reply and decide within seven days. The reply is read with a number and a secret.",
)
TIP_OFF_FORMS = Title("举报或查询答复", "Report something, or read a reply")
DEADLINES = Title("期限", "Deadlines")
DEADLINES_ARE = Title(
    "逾期由服务自行记入公开日志，任何人都可以计数。",
    "The service itself enters a missed deadline in the public log, where anybody can count it.",
)
SO_FAR = Title("{month}（至今）", "{month} so far")
MONTH = Title("月份", "month")
REPORTS = Title("透明度报告", "Transparency reports")
REPORTS_ARE = Title(
    "每月和每季度一份，由日志密钥签名。标有 ✓ 的数字可由公开日志重新计算。",
    "One for each month and each quarter, signed by the log's key. Figures marked ✓ can be recomputed from "
    "the public log.",
)
NO_REPORT = Title(
    "第一份月度报告将在本月结束后公布。", "The first report is published after the end of the month."
)
SIGNATURE = Title("签名", "signature")
KEY_IS = Title(
    "日志的公钥如下。请同时从另一来源取得它，例如见证人或报刊：只看本页的人，可能看到专为其制作的副本。",
    "This is the log's public key. Compare it with another source, such as a witness or a newspaper: this "
    "page alone might be a forged copy that only you are shown.",
)
GET_CLIENT = Title("安装检查工具：", "Install the checking tool:")
MIRROR = Title(
    "复制全部公开文件，复制时即核对日志；中断后可继续，可随时重复：",
    "Copy all public files; the log is verified on the way. It continues after an interruption, and can be "
    "repeated at any time:",
)
RECOMPUTE = Title("用副本重新计算一份报告：", "Recompute a report from the copy:")
FOLLOW = Title(
    "持续观察日志只增不减，并要求见证人签名（其公钥请向见证人索取）：",
    "Watch that the log only grows, and demand the witnesses' signatures (ask the witnesses for their keys):",
)
ALL_FILES = Title("全部公开文件的目录", "index of all public files")


_OTHER = {Language.ZH: Language.EN, Language.EN: Language.ZH}


def render(report: Report, *, language: Language) -> str:
    """Return the page in one language."""
    title = f"{REPORT.in_language(language)} {report.period.name}"
    body = "\n".join(
        (
            element("h1", title),
            *(element("p", text) for text in introduction(report, language)),
            *(_section(section, report, language) for section in report_catalogue.SECTIONS),
            _check(report, language),
        )
    )
    return page(body, links=_links(report, language), title=title, language=language)


def introduction(report: Report, language: Language) -> Iterator[str]:
    """Yield the paragraphs that say what the report covers, and what its numbers are."""
    period = report.period
    covered = PERIOD.in_language(language)
    made = f"{report.made.astimezone(UTC):%Y-%m-%d %H:%M}"
    yield covered.format(first=period.first, last=period.last, zone=report.zone)
    yield MADE.in_language(language).format(made=made)
    yield COUNTED.in_language(language).format(size=checkpoint.parse(_note_text(report)).size)
    yield SUPPRESSED.in_language(language)


def _note_text(report: Report) -> str:
    return note.parse(report.checkpoint.encode()).text


def _links(report: Report, language: Language) -> str:
    name = report.period.name
    supervision = {Language.ZH: "../index.html", Language.EN: "../index.en.html"}[language]
    links = (
        link(supervision, SUPERVISION.in_language(language)),
        link(f"{name}.{_OTHER[language].value}.html", OTHER_LANGUAGE.in_language(language)),
        link(f"{name}.json", DATA.in_language(language)),
    )
    return "".join(links)


def _section(section: Section, report: Report, language: Language) -> str:
    rows = [
        (f"✓ {each.title.in_language(language)}", str(report.logged[each.name]))
        for each in section.logged
        if each.name in report.logged
    ]
    head = (FIGURE.in_language(language), NUMBER.in_language(language))
    parts = [
        element("h2", section.title.in_language(language)),
        table(rows, head=head, kind="number"),
    ]
    for breakdown in section.breakdowns:
        titles = {cell: breakdown.title_of(cell) for cell in report.breakdowns.get(breakdown.name) or {}}
        parts += _breakdown(breakdown.title, report.breakdowns.get(breakdown.name), titles, language)
    for level in section.levels:
        parts += _level(level.title, report.levels.get(level.name, {}), level.cells, language)
    for duration in section.durations:
        text = hours_text(report.durations.get(duration.name), language)
        parts += [element("h3", duration.title.in_language(language)), element("p", text)]
    return "\n".join(parts)


def _breakdown(
    title: Title, cells: Cells | None, titles: Mapping[str, Title], language: Language
) -> list[str]:
    name = title.in_language(language)
    if cells is None:
        return [element("h3", name), element("p", NO_BREAKDOWN.in_language(language))]
    # The most interesting cells are hidden last, and shown first.
    bars = [
        Bar(titles[cell].in_language(language), count, cell_text(count, language))
        for cell, count in reversed(tuple(cells.items()))
    ]
    return [element("h3", name), render_chart(bars, title=name)]


def _level(
    title: Title, cells: Mapping[str, int], titles: Mapping[str, Title], language: Language
) -> list[str]:
    name = title.in_language(language)
    bars = [
        Bar(titles[cell].in_language(language), count, level_text(count, language))
        for cell, count in cells.items()
        if cell in titles
    ]
    return [element("h3", name), render_chart(bars, title=name)]


def cell_text(count: int | None, language: Language) -> str:
    """Return a cell of a breakdown as it is shown."""
    return HIDDEN.in_language(language) if count is None else str(count)


def level_text(count: int, language: Language) -> str:
    """Return a level as it is shown."""
    text = AT_LEAST if count else FEWER
    return text.in_language(language).format(count=count)


def hours_text(hours: Hours | None, language: Language) -> str:
    """Return a duration as it is shown."""
    if hours is None:
        return HIDDEN.in_language(language)
    return HOURS.in_language(language).format(median=hours.median, p90=hours.p90)


def _check(report: Report, language: Language) -> str:
    origin = checkpoint.parse(_note_text(report)).origin
    command = (
        f"idvault-verify check-report {report.period.name}.json --log https://{origin}/ "
        f"--public-key {origin}+…"
    )
    return "\n".join(
        (
            element("h2", CHECK.in_language(language)),
            element("p", CHECK_HOW.in_language(language)),
            element("pre", command),
        )
    )


def render_text(report: Report, *, language: Language) -> str:
    """Return the text in one language."""
    lines = [f"{REPORT.in_language(language)} {report.period.name}"]
    lines += introduction(report, language)
    for section in report_catalogue.SECTIONS:
        lines += ["", section.title.in_language(language), *_text_lines(section, report, language)]
    return "\n".join(lines) + "\n"


def _text_lines(section: Section, report: Report, language: Language) -> Iterator[str]:
    for figure in section.logged:
        if figure.name in report.logged:
            yield f"  ✓ {figure.title.in_language(language)}: {report.logged[figure.name]}"
    for breakdown in section.breakdowns:
        cells = report.breakdowns.get(breakdown.name)
        yield f"  {breakdown.title.in_language(language)}:"
        if cells is None:
            yield f"    {NO_BREAKDOWN.in_language(language)}"
        for cell, count in reversed(tuple((cells or {}).items())):
            yield f"    {breakdown.title_of(cell).in_language(language)}: {cell_text(count, language)}"
    for level in section.levels:
        yield f"  {level.title.in_language(language)}:"
        for cell, count in report.levels.get(level.name, {}).items():
            if cell in level.cells:
                shown = level_text(count, language)
                yield f"    {level.cells[cell].in_language(language)}: {shown}"
    for duration in section.durations:
        hours = hours_text(report.durations.get(duration.name), language)
        yield f"  {duration.title.in_language(language)}: {hours}"
