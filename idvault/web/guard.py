"""What protects a browser besides the headers: the cookie, and the check of every form.

- The cookie holds the browser's key and nothing else. Its name begins with __Host- where the pages are https.
- A form must come from a page of this address (idvault_client.pages.headers). It must also carry the token
  that is derived from the browser's key.
"""

from hmac import compare_digest

from aiohttp import web

from idvault.domain.session import secret

LIFETIME = 15 * 60


def cookie_name(base_url: str) -> str:
    """Return the cookie's name; plain http, in development, cannot have the prefix."""
    return "__Host-browser" if base_url.startswith("https://") else "browser"


def browser_key(request: web.Request, *, base_url: str) -> str:
    """Return the browser's key, "" if it has none."""
    key = request.cookies.get(cookie_name(base_url), "")
    return key if secret.is_secret(key) else ""


def keep_key(answer: web.StreamResponse, key: str, *, base_url: str) -> None:
    """Let the browser keep its key for 15 minutes from now."""
    answer.set_cookie(
        cookie_name(base_url),
        key,
        max_age=LIFETIME,
        path="/",
        secure=base_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )


def check_form(token: str, *, key: str) -> None:
    """Raise HTTPForbidden for a form that this browser did not get from us."""
    if not key or not compare_digest(token.encode(), secret.form_token(key).encode()):
        raise web.HTTPForbidden
