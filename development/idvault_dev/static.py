"""A static server for the public directory, instead of production's web server."""

from pathlib import Path

from aiohttp import web

from idvault_verify.transparency import tile

_HOST = "127.0.0.1"
# How many seconds a stop waits for unfinished downloads; the library's default is a minute.
_GRACE = 0.5
_BY_SUFFIX = {
    ".json": "application/json",
    ".jwt": "application/statuslist+jwt",
    ".html": "text/html; charset=utf-8",
}
_INDEX = "index.html"


class StaticServer:
    """Serves the files of one directory on the loopback address."""

    def __init__(self, *, directory: Path, port: int) -> None:
        """Initialise. port: 0 for a free one."""
        self._directory = directory.resolve()
        self._port = port
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=_GRACE)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        return app

    async def start(self) -> str:
        """Start and return the base URL; raises OSError if the port is in use."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, _HOST, self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"http://{_HOST}:{port}/"

    async def stop(self) -> None:
        """Stop serving."""
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = self._find(request.match_info["path"])
        if path is None:
            raise web.HTTPNotFound
        headers = {"X-Content-Type-Options": "nosniff", "Content-Type": _content_type(path)}
        return web.FileResponse(path, headers=headers)

    def _find(self, name: str) -> Path | None:
        """Return the file of a path if it is in the directory and not hidden."""
        if "\0" in name or any(part.startswith(".") for part in name.split("/")):
            return None
        path = (self._directory / (name.lstrip("/") or _INDEX)).resolve()
        return path if path.is_relative_to(self._directory) and path.is_file() else None


def _content_type(path: Path) -> str:
    """Return the content type of a public file; those of the log are from C2SP tlog-tiles."""
    if path.name == tile.CHECKPOINT_PATH:
        return tile.CHECKPOINT_CONTENT_TYPE
    return _BY_SUFFIX.get(path.suffix, tile.CONTENT_TYPE)
