"""Registers the callers of the platform edge whose certificates have come, those of all hosts included."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from idvault.core.config import Settings
from idvault.processes.bootstrap import operator
from idvault.processes.setup import issuing
from idvault.processes.setup.place import HostPlace, StepState
from idvault.processes.setup.plan import FOLLOWER, Plan, SetupFileError, SetupHost
from idvault.processes.setup.step import SetupStep
from idvault_verify import small_file
from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.clock import ClockReading


class Registering:
    """Pins the keys of callers in the main database, and says how pages present a platform."""

    def __init__(self, plan: Plan, at: HostPlace, settings: Settings, *, now: datetime) -> None:
        self._plan = plan
        self._at = at
        self._settings = settings
        self._now = ClockReading(business=now, real=now)

    def run(self, here: SetupHost) -> Iterator[SetupStep]:
        """Register who is not registered yet; raises SetupFileError, UnavailableError, DeniedError."""
        known = {
            (each.role, each.name, each.spki) for each in asyncio.run(operator.list_platforms(self._settings))
        }
        for name in self._plan.platforms:
            step = self._register(known, "platform", name, self._of_platform(name))
            yield step
            if step.state is not StepState.WAITING and self._is_presented(name):
                yield SetupStep(f"pages of {name}", StepState.MADE, self._plan.platforms[name].title)
        for host in self._plan.hosts.values():
            if "web" in host.processes:
                places = self._of_host(host, here, "web")
                yield self._register(known, "web", issuing.web_name(host), places)
            if FOLLOWER in host.processes:
                places = self._of_host(host, here, FOLLOWER)
                yield self._register(known, "registry", issuing.REGISTRY, places)

    def _register(
        self, known: set[tuple[str, str, str]], role: str, name: str, places: list[Path]
    ) -> SetupStep:
        step = f"{role} {name}"
        path = next((each for each in places if each.exists()), None)
        if path is None:
            return SetupStep(
                step, StepState.WAITING, f"put its {issuing.REQUEST} or certificate into {places[-1].parent}"
            )
        pem = small_file.read(path)
        try:
            spki = certificate.read(pem).spki
        except CertificateError as error:
            raise SetupFileError(f"{path}: {error}", place=str(path)) from error
        if (role, name, spki) in known:
            return SetupStep(step, StepState.DONE, "registered")
        registering = operator.register_platform(
            self._settings, name=name, role=role, certificate_pem=pem, now=self._now
        )
        asyncio.run(registering)
        return SetupStep(step, StepState.MADE, "registered")

    def _of_platform(self, name: str) -> list[Path]:
        plan = self._plan
        return [plan.sent(name, issuing.CERTIFICATE), plan.received(name, issuing.CERTIFICATE)]

    def _of_host(self, host: SetupHost, here: SetupHost, process: str) -> list[Path]:
        plan, file = self._plan, f"{host.name}-{process}.pem"
        own = [self._at.etc(process) / "client.pem"] if host is here else []
        issued = plan.sent(host.name, "in") / issuing.AUTHORITY / file
        return [*own, issued, plan.received(host.name, file)]

    def _is_presented(self, name: str) -> bool:
        """Say how the pages present a platform, if the file says it and the vault does not."""
        wanted = self._plan.platforms[name]
        if not (wanted.title or wanted.origins):
            return False
        found = asyncio.run(operator.pages_of(self._settings, name))
        # What the file does not say of colour and addresses may be that of the console or of `present`.
        colour = found.colour if wanted.colour is None else wanted.colour
        origins = wanted.origins or found.origins
        if (found.title, found.origins, found.colour) == (wanted.title, origins, colour):
            return False
        asyncio.run(
            operator.present_platform(
                self._settings,
                name=name,
                title=wanted.title,
                origins=origins,
                colour=colour,
                now=self._now,
            )
        )
        return True
