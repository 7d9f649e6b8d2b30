"""What protects a browser besides the headers: the cookie, and the check of every form.

- The cookie holds the browser's key and nothing else. Its name begins with __Host- where the pages are https.
- A form must come from a page of this address (idvault_client.pages.headers). It must also carry the token
  that is derived from the browser's key.
"""

from hmac import compare_digest

from aiohttp import web

from idvault_verify import secret

LIFETIME = 15 * 60
SESSIONS = "browser"
"""The name of the key for sessions; reports have another one, so that neither tells of the other."""


def cookie_name(base_url: str, name: str = SESSIONS) -> str:
    """Return the cookie's name; plain http, in development, cannot have the prefix."""
    return f"__Host-{name}" if base_url.startswith("https://") else name


def browser_key(request: web.Request, *, base_url: str, name: str = SESSIONS) -> str:
    """Return the browser's key, "" if it has none. name: what the key is for."""
    key = request.cookies.get(cookie_name(base_url, name), "")
    return key if secret.is_secret(key) else ""


def keep_key(
    answer: web.StreamResponse, key: str, *, base_url: str, name: str = SESSIONS, lifetime: int = LIFETIME
) -> None:
    """Let the browser keep its key from now on. lifetime: in seconds."""
    answer.set_cookie(
        cookie_name(base_url, name),
        key,
        max_age=lifetime,
        path="/",
        secure=base_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )


def check_form(token: str, *, key: str) -> None:
    """Raise HTTPForbidden for a form that this browser did not get from us."""
    if not key or not compare_digest(token.encode(), secret.form_token(key).encode()):
        raise web.HTTPForbidden
