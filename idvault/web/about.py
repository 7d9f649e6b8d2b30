"""Who runs these pages, where there is help, and what is kept: two pages that every other one links to."""

from collections.abc import Sequence

from aiohttp import web

from idvault.web.app import Pages
from idvault.web.render import View

HELP = {
    "name": ("help_name_text", "help_again_text"),
    "wait": ("help_wait_text",),
    "link": ("help_link_text",),
    "not_me": ("help_not_me_text", "help_contact_text"),
}
PRIVACY = {
    "who": ("privacy_who_text",),
    "kept": ("privacy_record_text", "privacy_else_text"),
    "open": ("privacy_open_text",),
    "end": ("privacy_end_text",),
}
_LINKS = {"not_me": (("/accounts", "mine_title"), ("/r", "help_report"))}
Section = tuple[str, Sequence[str], Sequence[tuple[str, str]]]


def routes(pages: Pages) -> list[web.RouteDef]:
    """Return the two pages."""

    async def help_page(request: web.Request) -> web.StreamResponse:
        """Show what to do when something does not work."""
        view = pages.view(request)
        return view.page("about.html", title=view.say("help_title"), sections=sections(view, "help", HELP))

    async def privacy(request: web.Request) -> web.StreamResponse:
        """Show who keeps what, and until when."""
        view = pages.view(request)
        return view.page(
            "about.html", title=view.say("privacy_title"), sections=sections(view, "privacy", PRIVACY)
        )

    return [web.get("/help", help_page), web.get("/privacy", privacy)]


def sections(view: View, page: str, parts: dict[str, tuple[str, ...]]) -> list[Section]:
    """Return the parts of a page: heading, texts, links."""
    return [
        (
            view.say(f"{page}_{part}"),
            [view.say(text, host=view.run_by) for text in texts],
            [(address, view.say(text)) for address, text in _LINKS.get(part, ())],
        )
        for part, texts in parts.items()
    ]
