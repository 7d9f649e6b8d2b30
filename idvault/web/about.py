"""The front page, and where there is help and what is kept: two pages that every other one links to."""

from collections.abc import Sequence

from aiohttp import web

from idvault.web.app import Pages
from idvault.web.render import View

_CONTACT = "operator_contact"
"""Said only where the operator has named a way."""
HELP = {
    "help_name": ("help_name_text", "help_again_text"),
    "help_wait": ("help_wait_text",),
    "help_link": ("help_link_text",),
    "help_not_me": ("help_not_me_text",),
    "help_lost": ("help_lost_text",),
    "help_receipt": ("help_receipt_text",),
    "help_contact": ("help_contact_text", _CONTACT),
}
PRIVACY = {
    "privacy_who": ("privacy_who_text", _CONTACT),
    "privacy_kept": ("privacy_record_text", "privacy_else_text"),
    "privacy_reports": ("privacy_reports_text",),
    "privacy_open": ("privacy_open_text",),
    "privacy_end": ("privacy_end_text",),
}
_LINKS = {"help_not_me": (("/accounts", "mine_title"), ("/r", "help_report"))}
_FRONT = (*_LINKS["help_not_me"], ("/help", "help_title"), ("/privacy", "privacy_title"))
Section = tuple[str, Sequence[str], Sequence[tuple[str, str]]]


def routes(pages: Pages) -> list[web.RouteDef]:
    """Return the three pages."""

    async def front(request: web.Request) -> web.StreamResponse:
        """Show who runs the pages, and what a visitor without a link finds here."""
        view = pages.view(request)
        return view.page(
            "front.html",
            title=view.say("front_title", name=view.run_by),
            text=view.say("front_text"),
            links=[(address, view.say(text)) for address, text in _FRONT],
        )

    async def help_page(request: web.Request) -> web.StreamResponse:
        """Show what to do when something does not work."""
        view = pages.view(request)
        return _about(view, "help_title", HELP)

    async def privacy(request: web.Request) -> web.StreamResponse:
        """Show who keeps what, and until when."""
        view = pages.view(request)
        return _about(view, "privacy_title", PRIVACY)

    return [web.get("/", front), web.get("/help", help_page), web.get("/privacy", privacy)]


def _about(view: View, title: str, parts: dict[str, tuple[str, ...]]) -> web.Response:
    """Return a page that leads back to the one before, also without script: an app's view has no button."""
    return view.page("about.html", title=view.say(title), sections=sections(view, parts), back=view.came_from)


def _published(view: View, part: str) -> list[tuple[str, str]]:
    """Return the link to public supervision, if the operator has named it, where witnesses are spoken of."""
    return [(view.supervision, "supervision")] if part == "help_receipt" and view.supervision else []


def sections(view: View, parts: dict[str, tuple[str, ...]]) -> list[Section]:
    """Return the parts of a page: heading, texts, links."""
    return [
        (
            view.say(part),
            [
                view.say(text, name=view.run_by, contact=view.contact)
                for text in texts
                if text != _CONTACT or view.contact
            ],
            [(address, view.say(text)) for address, text in (*_LINKS.get(part, ()), *_published(view, part))],
        )
        for part, texts in parts.items()
    ]
