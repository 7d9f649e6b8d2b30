"""The headers of every answer to a browser, and the check that a form comes from a page of this address."""

from aiohttp import web

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
    # Without it aiohttp reveals its version and Python's.
    "Server": "idvault",
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


def check_origin(request: web.Request, *, base_url: str) -> None:
    """Raise HTTPForbidden for a form that another site has sent."""
    origin = request.headers.get("Origin", "null")
    same = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if origin != base_url and not (origin == "null" and same):
        raise web.HTTPForbidden
