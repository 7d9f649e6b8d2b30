"""What `idvault dev` has to try: people of the right age, texts in both languages, and other ports."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from idvault.core.process import PortBusyError
from idvault_dev import example_texts
from idvault_dev.commands import dev, pages
from idvault_dev.commands.dev import PortChoice
from idvault_dev.example_people import invent_child
from idvault_verify import document
from idvault_verify.document import DocumentType


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 12, 31), date(2028, 2, 29)])
def test_a_child_is_under_fourteen(today: date) -> None:
    """On every day of a year, with a number that is well formed."""
    for _ in range(50):
        number = invent_child(today).number
        found = document.parse(type=DocumentType.RESIDENT_ID, number=number, today=today)
        assert found.number == number
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        assert 8 * 365 < (today - born).days < 14 * 365


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_to_try_has_a_name(language: str) -> None:
    """Of each address that the ready file has."""
    names = pages.addresses(web_url="", site_url="", public_url="")
    told = [example_texts.text(name, language) for name in names]
    assert len({*told}) == len(names)
    assert all(each.isascii() == (language == "en") for each in told)


def test_a_busy_port_says_what_helps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The ports are fixed unless one asks for free ones; the lock is given back."""

    class Busy:
        def __init__(self, **_: Any) -> None:
            """Take what the command gives."""

        async def run(self) -> None:
            """Find a port in use."""
            raise PortBusyError("port 7443 is in use (IDVAULT_LISTEN, platform edge)")

    monkeypatch.setattr(dev, "DevelopmentProcesses", Busy)
    options = dev._DevOptions(tmp_path, None, PortChoice.FIXED, None, 0)
    for _ in range(2):
        with pytest.raises(
            PortBusyError, match=r"port 7443 is in use .*; with --ports free it takes other ones"
        ):
            dev._dev(options, None)  # type: ignore[arg-type]
