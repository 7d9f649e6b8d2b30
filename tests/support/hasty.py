"""The service's commands with less patience, for tests of what they do while nobody answers."""

from types import FunctionType

from idvault.core import certificate_files
from idvault.processes.cli.__main__ import main
from idvault.web import server
from idvault_people.custody_edge import CustodyEdge

WEB = f"{__name__}:web"
WITNESS = f"{__name__}:witness"
CONSOLE = f"{__name__}:console"
_SOON = 0.5


def web() -> None:
    """Run a command whose pages give up soon, and look often at their certificate."""
    server._TIMEOUT = _SOON
    _default(getattr(certificate_files.following, "__wrapped__"), "period")  # noqa: B009 - of its decorator
    main()


def witness() -> None:
    """Run a command that looks often at its certificate."""
    _default(getattr(certificate_files.following, "__wrapped__"), "period")  # noqa: B009 - of its decorator
    main()


def console() -> None:
    """Run a command whose calls of the custody edge end soon."""
    _default(CustodyEdge.__init__, "timeout")
    main()


def _default(function: object, name: str) -> None:
    assert isinstance(function, FunctionType)
    assert function.__kwdefaults__ is not None
    assert name in function.__kwdefaults__
    function.__kwdefaults__[name] = _SOON
