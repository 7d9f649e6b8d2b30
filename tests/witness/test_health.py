"""A witness's health and figures: its state folder, what it answered, and what it cosigned last."""

import asyncio
import os
import shutil
from collections import namedtuple
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault.core.check import AilmentError
from idvault.core.telemetry.metrics import WitnessMetrics
from idvault.core.telemetry.vitals import Vitals
from idvault.processes.witness import app
from tests.support.witness_world import MAIN, ORIGIN, Disk
from tools.support.authority import Authority

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Usage = namedtuple("Usage", "total used free")


def shown(metrics: WitnessMetrics | Vitals) -> dict[str, float]:
    """Return what is shown, by name and label."""
    return {
        " ".join((sample.name.removeprefix("idvault_"), *sample.labels.values())): sample.value
        for family in metrics.families()
        for sample in family.samples
    }


def test_what_was_answered_and_cosigned(disk: Disk) -> None:
    """Answers are counted by status; the size is known after a restart, its age only once it cosigns."""
    cosigner = disk.start()
    for body in (MAIN.request(0, 5), MAIN.request(0, 5), b"?", MAIN.request(5, 7)):
        cosigner.add_checkpoint(body)
    found = shown(cosigner.metrics)
    assert {name: count for name, count in found.items() if name.startswith("witness_answers")} == {
        "witness_answers_total 200": 2,
        "witness_answers_total 409": 1,
        "witness_answers_total 400": 1,
        **{f"witness_answers_total {status}": 0 for status in (403, 422, 428, 500)},
    }
    assert found[f"witness_cosigned_entries {ORIGIN}"] == 7
    assert 0 <= found[f"witness_cosigned_age_seconds {ORIGIN}"] < 600
    again = shown(disk.start().metrics)
    assert again[f"witness_cosigned_entries {ORIGIN}"] == 7
    # Else nobody would hear of a vault that no longer asks after a restart.
    assert 0 <= again[f"witness_cosigned_age_seconds {ORIGIN}"] < 600


def test_a_log_that_never_asks_has_an_age() -> None:
    """It counts from the start of the process, and from the first cosignature on since the last one."""
    now = [100.0]
    metrics = WitnessMetrics(seconds=lambda: now[0])
    metrics.known("log.example", 7)
    now[0] = 2_000.0
    found = shown(metrics)
    assert found["witness_cosigned_age_seconds log.example"] == 1_900
    assert found["witness_cosigned_entries log.example"] == 7
    metrics.cosigned("log.example", 9)
    assert shown(metrics)["witness_cosigned_age_seconds log.example"] == 0


def test_the_age_is_that_of_now() -> None:
    """The age grows between two scrapes without another checkpoint."""
    now = [100.0]
    metrics = WitnessMetrics(seconds=lambda: now[0])
    metrics.cosigned("log.example", 3)
    now[0] = 142.0
    assert shown(metrics)["witness_cosigned_age_seconds log.example"] == 42


def test_a_state_that_cannot_be_written(disk: Disk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is not ready without its folder, without a way to write to it, and with a full disk."""
    disk.start()
    app.check_state(disk.folder)
    with pytest.raises(AilmentError, match=r"^the state folder is gone$"):
        app.check_state(tmp_path / "gone")
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda *_: False)
        with pytest.raises(AilmentError, match=r"^the state folder cannot be written to$"):
            app.check_state(disk.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 30, 1 << 30, 4_096))
    with pytest.raises(AilmentError, match=r"^the disk of the state folder is full$"):
        app.check_state(disk.folder)


async def test_watching(disk: Disk, tmp_path: Path) -> None:
    """While it is watched it becomes ready, and has the end of its certificate and the disk of its state."""
    certificate = tmp_path / "tls.pem"
    certificate.write_bytes(Authority().server().certificate)
    metrics = disk.start().metrics
    assert {name.split(" ")[0] for name in shown(metrics.vitals)} == {"build_info", "ready"}
    async with AsyncExitStack() as stack:
        app.watch_health(stack, metrics, folder=disk.folder, certificate=certificate)
        async with asyncio.timeout(30):
            while metrics.health.reasons() or "disk_size_bytes state" not in shown(metrics):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    found = shown(metrics)
    assert found["certificate_expiry_seconds tls_certificate"] > 0
    assert found["disk_size_bytes state"] == shutil.disk_usage(disk.folder).total


async def test_files_that_are_not_there(disk: Disk, tmp_path: Path) -> None:
    """Without a certificate and with a folder that is gone there is no figure, and a reason."""
    metrics = disk.start().metrics
    async with AsyncExitStack() as stack:
        app.watch_health(stack, metrics, folder=tmp_path / "gone", certificate=None)
        async with asyncio.timeout(30):
            while "state" not in metrics.health.reasons():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await metrics.vitals.read(certificates={}, disks={"state": tmp_path / "gone"}, clock=lambda: NOW)
    assert {name.split(" ")[0] for name in shown(metrics.vitals)} == {"build_info", "ready"}
