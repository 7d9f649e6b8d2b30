"""`idvault witness`: cosigns the checkpoints of a log, on a machine that its operator does not control."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from idvault.core import certificate_files, process, secret_file
from idvault.core.certificate_files import CertificateFiles, CertificateReplacer
from idvault.core.config import ConfigError
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.port import serve_metrics
from idvault.processes.cli import running
from idvault.processes.witness import app, cosigner, key
from idvault.processes.witness.cosigner import Cosigner, StateError, WitnessState
from idvault_verify import small_file
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.transparency.note import MalformedKeyError, parse_key

State = Annotated[
    Path,
    typer.Option(
        help="The folder with its key and the checkpoints it has cosigned; created if it is missing. Never "
        "restore an old copy: the witness could then cosign a fork."
    ),
]
EpochFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A statement of a new epoch of the log, signed by its custodians, or the public epochs.json "
        "with all of them; needs --roster. Each is followed once, whether the option stays or not.",
    ),
]
LISTEN, METRICS_LISTEN = "127.0.0.1:7493", "127.0.0.1:7494"
MetricsListen = Annotated[
    str, typer.Option(help="The address that serves /metrics, /healthz and /readyz, without a certificate.")
]
RosterFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The published roster, whose custodians signed it; earlier versions are beside it.",
    ),
]


Name = Annotated[
    str | None,
    typer.Option(help="The name in its signatures, such as witness.example/w1; required at the first start."),
]
NextKey = Annotated[
    bool,
    typer.Option(
        "--next-key",
        help="Create the key that will take the place of this one, and print its public key. Both sign until "
        "--retire-key, whether the option stays or not.",
    ),
]
RetireKey = Annotated[
    bool,
    typer.Option(
        "--retire-key",
        help="Destroy the key; the one that --next-key created takes its place. Before, the custodians name "
        "that in the roster, and the vault's operator in IDVAULT_WITNESSES.",
    ),
]


def witness(  # noqa: PLR0917 - typer makes an option of each
    state: State,
    log_key: Annotated[
        list[str],
        typer.Option(
            metavar="VKEY",
            help="The public key of a log to cosign, as printed by `keys init`; may be repeated, "
            "a later key of one log behind its former one.",
        ),
    ],
    name: Name = None,
    listen: Annotated[str, typer.Option(help="The address that serves add-checkpoint.")] = LISTEN,
    metrics_listen: MetricsListen = METRICS_LISTEN,
    tls_certificate: Annotated[
        Path | None,
        typer.Option(
            help="The certificate chain for https; without it, put a web server with https in front."
        ),
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The private key of that certificate.")] = None,
    epoch: EpochFile = None,
    roster: RosterFile = None,
    next_key: NextKey = False,
    retire_key: RetireKey = False,
    ready_file: running.ReadyFile = None,
) -> None:
    """Cosign checkpoints that continue those seen before, until SIGTERM or SIGINT (C2SP tlog-witness).

    The first start creates the key in the file witness.key of the state folder and prints the public key. The
    custodians name it in the roster (`roster propose --witness`), and the vault's operator in
    IDVAULT_WITNESSES. An organisation that the operator does not control should run the witness
    (docs/log.md). Only one process can use a state folder.

    If the vault was restored from a backup and has lost entries, its custodians sign a statement. With
    --epoch the witness follows it, and refuses the former history from then on (docs/log.md).
    """
    address = running.address(listen, option="--listen")
    running.address(metrics_listen, option="--metrics-listen")
    tls = _tls(tls_certificate, tls_key)
    with _held(state) as folder:
        cosigner = _cosigner(folder, log_key, name, _KeyChange(next_key, retire_key))
        if epoch is not None:
            _follow(folder, log_key, epoch, roster)
        # The process log on stdout has JSON only.
        typer.echo(f"witness public key: {cosigner.key}", err=True)
        if cosigner.next_key is not None:
            typer.echo(f"witness next public key: {cosigner.next_key}", err=True)
        watched = _Watched(metrics_listen, folder.folder, tls_certificate)
        running.run(_program(cosigner, address, tls, watched), ready_file=ready_file)


class _KeyChange(NamedTuple):
    """What the options ask for: another key is announced, or takes the place of the former one."""

    announce: bool
    retire: bool


class _OwnTls(NamedTuple):
    """What the port shows, None for http, and what follows its files."""

    context: ssl.SSLContext | None
    replacers: Sequence[CertificateReplacer]


class _Watched(NamedTuple):
    """Where metrics and health are served, and the files that they tell of."""

    listen: str
    folder: Path
    certificate: Path | None


def _program(
    cosigner: Cosigner, address: tuple[str, int], tls: _OwnTls, watched: _Watched
) -> running.Program:
    host, port = address
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        await process.check_free({"--listen": shown, "--metrics-listen": watched.listen})
        metrics = cosigner.metrics
        async with AsyncExitStack() as stack:
            served = serve_metrics(metrics, listen=watched.listen)
            stack.callback(served.close)
            app.watch_health(stack, metrics, folder=watched.folder, certificate=watched.certificate)
            await stack.enter_async_context(certificate_files.following(tls.replacers, clock=_now))
            told = {"public_key": str(cosigner.key), "metrics": served.url}
            if cosigner.next_key is not None:
                told["next_public_key"] = str(cosigner.next_key)
            try:
                await app.run(
                    cosigner=cosigner,
                    host=host,
                    port=port,
                    ready=lambda url: ready({"url": url, **told}),
                    stop=stop,
                    tls=tls.context,
                )
            finally:
                metrics.health.stop()

    return program


@contextmanager
def _held(path: Path) -> Iterator[WitnessState]:
    """Hold the state folder; meanwhile the process log goes to stdout."""
    for problem in secret_file.owner_problems("--state", path):
        raise wrong_usage(problem, field="--state")
    try:
        folder = WitnessState(path)
    except StateError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="WITNESS_STATE", field="--state") from error
    logs = Logs(process="witness").install()
    try:
        yield folder
    finally:
        logs.close()
        folder.close()


def _follow(state: WitnessState, log_keys: Sequence[str], path: Path, roster: Path | None) -> None:
    """Follow the statement in a file; raises CommandError."""
    if roster is None:
        raise wrong_usage("--epoch needs --roster: the custodians in it sign the statement", field="--roster")
    try:
        carried = cosigner.follow_epochs(
            state,
            statements.parse_any(small_file.read(path, limit=statements.MOST_BYTES)),
            keys=[parse_key(text) for text in log_keys],
            versions=roster_chain.load_all(roster),
        )
    except (cosigner.EpochNotFollowedError, RosterError) as error:
        raise CommandError(
            ExitCode.UNVERIFIED, str(error), reason="EPOCH_INVALID", field="--epoch"
        ) from error
    if carried is not None:
        lost = "".join(f", entries {each.first} to {each.last - 1} are lost" for each in carried.lost)
        typer.echo(f"witness: follows the log from {carried.checkpoint.size} entries on{lost}", err=True)


def _now() -> datetime:
    return running.real_clock().real


def _tls(certificate: Path | None, key: Path | None) -> _OwnTls:
    """Read the files of the options; raises CommandError."""
    if certificate is None and key is None:
        return _OwnTls(None, ())
    if certificate is None or key is None:
        text = "--tls-certificate and --tls-key belong together"
        raise wrong_usage(text, field="--tls-key")
    files = CertificateFiles(
        certificate=certificate, key=key, certificate_name="--tls-certificate", key_name="--tls-key"
    )
    try:
        current = files.read(now=_now())
    except ConfigError as error:
        raise wrong_usage(str(error), field=str(error).partition(" ")[0]) from error
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    use = certificate_files.into(context, files)
    return _OwnTls(context, [CertificateReplacer(files=files, current=current, use=use)])


def _cosigner(state: WitnessState, log_keys: Sequence[str], name: str | None, change: _KeyChange) -> Cosigner:
    try:
        logs = cosigner.known_logs([parse_key(text) for text in log_keys])
    except (MalformedKeyError, cosigner.KeyKindError) as error:
        raise wrong_usage(str(error), field="--log-key") from error
    try:
        if change.retire:
            key.retire(state.folder)
        signer = key.load_or_make(state.folder / key.FILE, name=name)
        successor = key.load_next(state.folder, name=signer.key.name, make=change.announce)
    except key.WitnessKeyFileError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="WITNESS_KEY", field="--name") from error
    return cosigner.Cosigner(logs=logs, signer=signer, state=state, clock=_now, successor=successor)
