"""`idvault notices follow`: takes notices from a registry's feed to the platform edge."""

import asyncio
from typing import Annotated

import typer

from idvault.core import config
from idvault.processes.cli import running

app = typer.Typer(help="The notices of the registry.", no_args_is_help=True)

Feed = Annotated[str, typer.Option(metavar="URL", help="The base URL of the registry's feed, https.")]
Target = Annotated[str, typer.Option(metavar="HOST:PORT", help="The platform edge.")]
ServerName = Annotated[
    str, typer.Option(help="The name in the edge's certificate, if it is not the host of --target.")
]
Interval = Annotated[int, typer.Option(min=1, max=3_600, help="Seconds between two looks at the feed.")]
Once = Annotated[bool, typer.Option("--once", help="Take what the feed has now, and end.")]


@app.callback()
def notices() -> None:
    """The notices of the registry."""


@app.command()
def follow(  # noqa: PLR0917 - typer makes an option of each
    feed: Feed,
    target: Target,
    server_name: ServerName = "",
    interval: Interval = 60,
    once: Once = False,
    ready_file: running.ReadyFile = None,
) -> None:
    """Take the registry's notices to the platform edge, in order, until SIGTERM or SIGINT.

    It is a client of the edge, with a certificate of the role registry, and keeps nothing: the edge tells it
    where to go on. A notice that the edge refuses is sent again at each look, and those behind it wait
    (docs/runbook.md).
    """
    settings = config.load(config.Process.NOTICES)

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        from idvault.processes.cli import notice_follower  # noqa: PLC0415 - imports grpc

        follower = notice_follower.opened(settings, feed=feed, target=target, server_name=server_name)
        try:
            if once:
                typer.echo(f"notices: {await notice_follower.once(follower)} new")
                return
            ready({"feed": feed})
            await follower.run(stop=stop, interval=interval)
        finally:
            await follower.close()

    running.run(program, ready_file=ready_file, factory=running.fast_loop)
