"""Who runs these pages, where there is help, and what is kept: two pages that every other one links to."""

from collections.abc import Sequence

from aiohttp import web

from idvault.web.app import Pages
from idvault.web.render import View

HELP = {
    "help_name": ("help_name_text", "help_again_text"),
    "help_wait": ("help_wait_text",),
    "help_link": ("help_link_text",),
    "help_not_me": ("help_not_me_text", "help_contact_text"),
}
PRIVACY = {
    "privacy_who": ("privacy_who_text",),
    "privacy_kept": ("privacy_record_text", "privacy_else_text"),
    "privacy_open": ("privacy_open_text",),
    "privacy_end": ("privacy_end_text",),
}
_LINKS = {"help_not_me": (("/accounts", "mine_title"), ("/r", "help_report"))}
Section = tuple[str, Sequence[str], Sequence[tuple[str, str]]]


def routes(pages: Pages) -> list[web.RouteDef]:
    """Return the two pages."""

    async def help_page(request: web.Request) -> web.StreamResponse:
        """Show what to do when something does not work."""
        view = pages.view(request)
        return view.page("about.html", title=view.say("help_title"), sections=sections(view, HELP))

    async def privacy(request: web.Request) -> web.StreamResponse:
        """Show who keeps what, and until when."""
        view = pages.view(request)
        return view.page("about.html", title=view.say("privacy_title"), sections=sections(view, PRIVACY))

    return [web.get("/help", help_page), web.get("/privacy", privacy)]


def sections(view: View, parts: dict[str, tuple[str, ...]]) -> list[Section]:
    """Return the parts of a page: heading, texts, links."""
    return [
        (
            view.say(part),
            [view.say(text, host=view.run_by) for text in texts],
            [(address, view.say(text)) for address, text in _LINKS.get(part, ())],
        )
        for part, texts in parts.items()
    ]
