"""Renders a page from a template, in a language."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idvault_verify.text import Text

_FOLDER = Path(__file__).parent
STYLE = _FOLDER / "static" / "style.css"


@cache
def tokens() -> str:
    """Return the colours, sizes and distances of all pages, for pages that load no style sheet."""
    return STYLE.read_text("utf-8").partition("/* Components */")[0]


@cache
def templates(*folders: Path) -> Environment:
    """Return the templates of some folders, and those that all pages share; each is compiled once."""
    return Environment(
        loader=FileSystemLoader([*folders, _FOLDER / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        # Templates are part of the program: looking for changes would ask the disk four times a page.
        auto_reload=False,
    )


def saying(texts: Mapping[str, Text], language: str) -> Callable[..., str]:
    """Return a function that gives the text of a key with its values filled in."""

    def say(key: str, **values: object) -> str:
        return texts[key].in_language(language).format(**values)

    return say


def render(environment: Environment, template: str, *, language: str, **values: Any) -> str:
    """Return a page as HTML."""
    shared: dict[str, Any] = {
        "errors": {},
        "retype": False,
        "leave_to": "",
        "waits": False,
        "menu": [],
        "keep": "",
        "script": "form.js",
        "service": "service",
        "brand": "",
        "at_step": 0,
        "supervision": "",
        "run_by": "",
    }
    return environment.get_template(template).render(**{**shared, **values}, language=language)
