"""What protects a browser: the headers of every answer, the cookie, and the check of every form.

- The cookie holds the browser's key and nothing else. Its name begins with __Host- where the pages are https.
- A form must come from a page of this address: by the Origin header or, where the browser hides it
  (no-referrer), by Sec-Fetch-Site. It must also carry the token that is derived from the browser's key.
"""

from hmac import compare_digest

from aiohttp import web

from idvault.domain.session import secret

LIFETIME = 15 * 60
SESSIONS = "browser"
"""The name of the key for sessions; reports have another one, so that neither tells of the other."""
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS = "max-age=63072000; includeSubDomains"


def protect(answer: web.StreamResponse, *, base_url: str) -> None:
    """Set the headers of an answer; a style sheet may be kept for an hour."""
    kept = answer.headers.get("Cache-Control")
    answer.headers.update(HEADERS)
    if kept is not None:
        answer.headers["Cache-Control"] = kept
    if base_url.startswith("https://"):
        answer.headers["Strict-Transport-Security"] = _HSTS


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


def check_origin(request: web.Request, *, base_url: str) -> None:
    """Raise HTTPForbidden for a form that another site has sent."""
    origin = request.headers.get("Origin", "null")
    same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if origin != base_url and not (origin == "null" and same):
        raise web.HTTPForbidden


def check_form(token: str, *, key: str) -> None:
    """Raise HTTPForbidden for a form that this browser did not get from us."""
    if not key or not compare_digest(token.encode(), secret.form_token(key).encode()):
        raise web.HTTPForbidden
