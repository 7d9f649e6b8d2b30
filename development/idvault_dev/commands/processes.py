"""One run of `idvault dev`: prepares the state folder, runs the processes, prints how to call them."""

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idvault.core import config, process
from idvault.core.config import Process
from idvault.core.fork_server import ForkServer
from idvault.processes.bootstrap import operator
from idvault.processes.bootstrap.key import files as key_files
from idvault.processes.cli import running
from idvault.processes.witness import key as witness_key
from idvault_client.testing import MockRegistry
from idvault_dev import certificates, commands_file, environment, example, people, ready
from idvault_dev.authority import real_now
from idvault_dev.commands import members, mock_provider, moderators, pages
from idvault_dev.layout import (
    AUTHORITIES,
    COLOURS,
    COST,
    LOG_ORIGIN,
    MONITORS,
    OPERATORS,
    PASSPHRASE,
    PEOPLE,
    PLATFORMS,
    REGISTRIES,
    ROLES,
    WEB,
    WITNESS_NAME,
    Layout,
)
from idvault_dev.ready import ReadyFacts
from idvault_dev.supervisor import (
    HOST,
    REGISTRY,
    SERVE,
    WITNESS,
    WORK,
    HeldPort,
    Ports,
    ProcessPlan,
    Supervisor,
)
from idvault_dev.supervisor import WEB as WEB_PROCESS
from idvault_verify.attest.moderator_key import DEVELOPMENT_MODERATORS
from idvault_verify.transparency.note import VerifierKey

# The children of a parent that was just killed may keep its ports busy for this long.
_ORPHANS = 2.5
_PEOPLE = "idvault-people"


@dataclass(frozen=True, slots=True)
class _Prepared:
    quorum_id: str
    log_public_key: str


class DevelopmentProcesses:
    """The processes of one state folder, from the start to the stop."""

    def __init__(
        self,
        *,
        layout: Layout,
        server: ForkServer,
        ports: Ports,
        ready_file: Path,
        clock_file: Path | None,
        registry_latency: int,
    ) -> None:
        """layout: the locked state folder. All paths are absolute."""
        self._layout = layout
        self._ports = ports
        self._ready_file = ready_file
        self._clock_file = clock_file
        self._clock = ["--clock-file", str(clock_file)] if clock_file else []
        self._latency = registry_latency
        self._site = AsyncExitStack()
        environment.adopt(layout)
        self._supervisor = Supervisor(layout=layout, server=server, environment=dict(os.environ))

    async def run(self) -> None:
        """Run until SIGINT or SIGTERM; raises ProcessError if a child dies, PortBusyError, ConfigError."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        starting = asyncio.ensure_future(self._start())
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                self._tell(starting.result())
                await self._supervisor.watch(stop=stop)
        finally:
            process.remove_ready(self._ready_file)
            for task in (starting, stopped):
                task.cancel()
            await asyncio.gather(starting, stopped, return_exceptions=True)
            await self._site.aclose()
            await self._supervisor.stop()

    async def _start(self) -> dict[str, Any]:
        # A ready file left by a killed supervisor would point to processes that no longer exist.
        orphans = _ORPHANS if self._ready_file.exists() else 0.0
        process.remove_ready(self._ready_file)
        await process.check_free(self._ports.listening(), patience=orphans)
        web, site = self._hold(self._ports.web), self._hold(self._ports.platform_site)
        web_url, site_url = f"http://localhost:{web}", f"http://{HOST}:{site}"
        prepared = await asyncio.to_thread(self._prepare, site_url)
        public_url = await self._supervisor.publish(port=self._ports.public)
        await asyncio.to_thread(environment.write_operator, self._layout, supervision=public_url)
        plans = self._registry_plan(), self._witness_plan(prepared.log_public_key)
        registry, witness = await self._supervisor.start(*plans)
        provider = await self._site.enter_async_context(
            mock_provider.served(self._layout.provider, log_origin=LOG_ORIGIN)
        )
        told = self._told(registry, witness, web_url=web_url)
        of_work = {**told, **environment.work(self._layout, ports=self._ports)}
        serve, work = await self._supervisor.start(
            ProcessPlan(
                SERVE, ["serve", *self._clock], {**told, **environment.serve(self._layout, ports=self._ports)}
            ),
            ProcessPlan(
                WORK,
                ["work", "--speed", str(environment.WORK_SPEED), *self._clock],
                of_work,
            ),
        )
        await asyncio.to_thread(self._write_commands, of_work, work)
        links = pages.addresses(web_url=web_url, site_url=site_url, public_url=public_url)
        plan = self._web_plan(web_url, port=web, target=serve["grpc"])
        (web_ready,) = await self._supervisor.start(plan)
        await self._open_site(serve["grpc"], registry=registry["admin_url"], links=links, port=site)
        facts = ReadyFacts(
            registry=registry,
            witness=witness,
            serve=serve,
            work=work,
            web=web_ready,
            public_url=public_url,
            quorum_id=prepared.quorum_id,
            log_public_key=prepared.log_public_key,
            pages=links,
        )
        document = ready.document(self._layout, facts, self._supervisor)
        document["certificates"] |= moderators.certificates(self._layout)
        document["provider"] = asdict(provider)
        return await self._welcome(document)

    def _write_commands(self, of_work: Mapping[str, str], work: Mapping[str, Any]) -> None:
        """Write the program of the operator's console, once the worker has told its metrics port."""
        metrics = {"IDVAULT_METRICS_LISTEN": urlsplit(work["metrics"]).netloc}
        settings = {**environment.common(self._layout), **of_work, **metrics}
        commands_file.write(self._layout.commands, settings, clock_file=self._clock_file)

    async def _welcome(self, document: dict[str, Any]) -> dict[str, Any]:
        """Connect the members, and write the ready file."""
        await asyncio.to_thread(members.connect, document, PEOPLE)
        await asyncio.to_thread(members.enrol, document, PEOPLE)
        process.write_ready(self._ready_file, document)
        return document

    def _hold(self, port: int) -> int:
        held = HeldPort(port)
        self._site.callback(held.close)
        return held.number

    async def _open_site(self, target: str, *, registry: str, links: Mapping[str, str], port: int) -> None:
        """Serve the example platform that leads to the hosted pages."""
        name, layout = PLATFORMS[0], self._layout
        connection = pages.connect(
            target=target, certificate=layout.certificate(name), key=layout.key(name), ca=layout.authority
        )
        vault = await self._site.enter_async_context(connection)
        site = pages.site(
            vault,
            registry=MockRegistry(registry),
            links=links,
            port=port,
            clock=running.clock(self._clock_file),
        )
        self._site.push_async_callback(site.stop)
        await site.start()

    def _prepare(self, site_url: str) -> _Prepared:
        """Bring the state folder up to date; each step can be interrupted and repeated."""
        certificates.prepare(self._layout, now=real_now())
        log_public_key = key_files.init_keys(config.load(Process.KEYS), cost=COST)
        settings = config.load(Process.PLATFORMS)
        operator.upgrade_databases(settings)
        quorum_id = people.prepare(self._layout, witness=self._witness_key())
        asyncio.run(self._register(settings, site_url))
        return _Prepared(quorum_id, log_public_key)

    def _witness_key(self) -> VerifierKey:
        """Return the key of the witness, which the first start creates: the roster names it."""
        self._layout.witness.mkdir(mode=0o700, parents=True, exist_ok=True)
        return witness_key.load_or_make(self._layout.witness / witness_key.FILE, name=WITNESS_NAME).key

    async def _register(self, settings: config.Settings, site_url: str) -> None:
        await moderators.name(self._layout, settings, now=running.real_clock())
        for name in (*PLATFORMS, *MONITORS, WEB, *REGISTRIES):
            pem = self._layout.certificate(name).read_bytes()
            await operator.register_platform(
                settings, name=name, role=ROLES[name], certificate_pem=pem, now=running.real_clock()
            )
        for name in PLATFORMS:
            title = f"Example {name.removeprefix('platform-').upper()}"
            await operator.present_platform(
                settings,
                name=name,
                title=title,
                origins=(site_url,),
                colour=COLOURS.get(name, ""),
                now=running.real_clock(),
            )

    def _web_plan(self, url: str, *, port: int, target: str) -> ProcessPlan:
        metrics = self._ports.web_metrics
        hosted = environment.web(self._layout, url=url, port=port, metrics=metrics, target=target)
        return ProcessPlan(WEB_PROCESS, ["web", *self._clock], hosted)

    def _told(
        self, registry: Mapping[str, Any], witness: Mapping[str, Any], *, web_url: str
    ) -> dict[str, str]:
        """Return the settings of edges and worker that the start has found."""
        base_url, notice_key = registry["base_url"], registry["notice_key"]
        return {
            **environment.provider(self._layout),
            **environment.registry(self._layout, base_url=base_url, notice_key=notice_key),
            **environment.witness(url=witness["url"], public_key=witness["public_key"]),
            **environment.hosted(self._layout, web_url),
        }

    def _registry_plan(self) -> ProcessPlan:
        options = {
            "--listen": f"{HOST}:{self._ports.registry}",
            "--admin-listen": f"{HOST}:{self._ports.registry_admin}",
            "--population": self._layout.population,
            "--secret-key-file": self._layout.registry_secret_key,
            "--app-id": environment.APP_ID,
            "--biz-id": environment.BIZ_ID,
            "--latency-ms": self._latency,
        }
        return ProcessPlan(
            REGISTRY, ["mock-registry", *(str(part) for pair in options.items() for part in pair)]
        )

    def _witness_plan(self, log_public_key: str) -> ProcessPlan:
        options = {
            "--state": self._layout.witness,
            "--listen": f"{HOST}:{self._ports.witness}",
            "--metrics-listen": f"{HOST}:{self._ports.witness_metrics}",
            "--name": WITNESS_NAME,
            "--log-key": log_public_key,
        }
        return ProcessPlan(WITNESS, ["witness", *(str(part) for pair in options.items() for part in pair)])

    def _tell(self, document: Mapping[str, Any]) -> None:
        """Print a program that calls the vault on stdout, and everything else on stderr."""
        words = f"""\
idvault dev is ready; Ctrl-C stops it, its data stays in {self._layout.state}.
  gRPC for platforms  {document["grpc"]}      gRPC for people  {document["grpc_custody"]}
  mocked registry     {document["registry"]["base_url"]} (admin {document["registry"]["admin_url"]})
  public directory    {document["public_url"]}
  witness             {document["witness"]["url"]}
  ready file          {self._ready_file}
{_hosted(document)}
{_consoles(document, ready_file=self._ready_file, state=self._layout.state)}
Call it as {PLATFORMS[0]}: these lines are a program for {shlex.quote(sys.executable)}
"""
        print(words, file=sys.stderr, flush=True)
        print(example.lines(document, platform=PLATFORMS[0]), flush=True)


def _hosted(document: Mapping[str, Any]) -> str:
    """Return the addresses of the pages to try."""
    lines = [f"  {name:<20}{url}" for name, url in document["pages"].items()]
    return "\n".join(("Pages to try, with the README's sandbox identities", *lines))


def _consoles(document: Mapping[str, Any], *, ready_file: Path, state: Path) -> str:
    """Return the commands that open the consoles of development's people, and one that prints a code."""
    names = ("auditor-a", "custodian-a", AUTHORITIES[0], OPERATORS[0])
    auditor, custodian, officer, operates = (shlex.quote(document["identities"][name]) for name in names)
    one_time_code = f"{shlex.quote(sys.executable)} -m idvault_dev.totp DIR"
    layout = Layout(state)
    # The programs beside this Python: a virtual environment need not be active.
    program = shlex.quote(str(Path(sys.executable).with_name(_PEOPLE)))
    command, issued = (shlex.quote(str(each)) for each in (layout.commands, layout.certificates))
    vault = f"--vault {command} --certificates {issued}"
    moderation = f"{program} moderator --ready-file {shlex.quote(str(ready_file))}"
    roster, commands = shlex.quote(document["roster"]), []
    for each in DEVELOPMENT_MODERATORS:
        folder = shlex.quote(str(layout.moderator(each, platform=PLATFORMS[0])))
        commands.append(f"{moderation} --platform {each} desk --as {folder} --roster {roster}")
    return f"""\
Pages of people (passphrase: {PASSPHRASE.decode()}; a one-time code: {one_time_code})
  auditor             {program} auditor --identity {auditor} console
  custodian           {program} custodian --identity {custodian} console
  authority           {program} authority --identity {officer} console
  operator            {program} operator --identity {operates} console {vault}
  moderator           {commands[0]}
  who confirms        {commands[1]}"""
