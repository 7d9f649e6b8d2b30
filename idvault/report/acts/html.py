"""The frame of every public page: one style sheet, no script, nothing loaded from elsewhere."""

from html import escape

from idvault.report.rules.figure import Language

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
