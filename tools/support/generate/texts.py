"""Collects the texts of each package into its gettext catalogues, and compiles what translators wrote.

`python -m tools.support.generate.texts` writes three files in `locale/` of each package: PACKAGE.pot, the
English messages; zh/LC_MESSAGES/PACKAGE.po, with their Chinese, which is edited by hand; and the same as .mo,
which programs read. A message is kept with its Chinese while the English stays; if the English changes, the
old Chinese is offered as `#, fuzzy` until somebody has read it. `--check` says which files are stale.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.support.project import PACKAGES, ROOT

LANGUAGE = "zh"
_MAKER, _IN_CONTEXT = "_", "in_context"


class StableCatalog(Catalog):
    """A catalogue whose header has no dates and no names, so that it changes with its messages only."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        language = [("Language", str(self.locale))] if self.locale else []
        content = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit")]
        return [*language, ("MIME-Version", "1.0"), *content]

    mime_headers = property(_get_mime_headers, Catalog._set_mime_headers)


@dataclass(frozen=True, slots=True)
class Use:
    """Where the code has a text. key: under which it stands, "" if that says nothing."""

    english: str
    context: str
    path: Path
    line: int
    key: str


def template(package: Path) -> Path:
    """Return where the English messages of a package are."""
    return package / "locale" / f"{package.name}.pot"


def translations(package: Path) -> Path:
    """Return where the Chinese of a package is."""
    return package / "locale" / LANGUAGE / "LC_MESSAGES" / f"{package.name}.po"


def uses(package: Path) -> Iterator[Use]:
    """Yield the texts of a package, in the order of the code; raises ValueError for one that is computed."""
    for path in sorted(package.rglob("*.py")):
        source = path.read_text("utf-8")
        if "texts_of(" in source:
            yield from _of_module(ast.parse(source), path)


def _keys(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what stands before a value: the key of a dict, or the name that a call begins with."""
    for each in ast.walk(tree):
        if isinstance(each, ast.Dict):
            for key, value in zip(each.keys, each.values, strict=True):
                if key is not None:
                    yield id(value), str(key.value) if isinstance(key, ast.Constant) else ast.unparse(key)
        elif isinstance(each, ast.Call) and len(each.args) > 1 and isinstance(each.args[0], ast.Constant):
            yield id(each.args[1]), str(each.args[0].value)


def _of_module(tree: ast.Module, path: Path) -> Iterator[Use]:
    keys = dict(_keys(tree))
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        named = isinstance(call.func, ast.Attribute) and call.func.attr == _IN_CONTEXT
        maker = call.func.value if isinstance(call.func, ast.Attribute) and named else call.func
        if not (isinstance(maker, ast.Name) and maker.id == _MAKER):
            continue
        values = [each.value if isinstance(each, ast.Constant) else None for each in call.args]
        if not all(isinstance(value, str) for value in values) or len(values) != 1 + named:
            raise ValueError(f"{path}:{call.lineno}: a text must be written, not computed")
        yield Use(str(values[-1]), str(values[0]) if named else "", path, call.lineno, keys.get(id(call), ""))


def collected(package: Path) -> Catalog:
    """Return the messages of a package, without translations."""
    found = StableCatalog()
    for use in uses(package):
        found.add(
            use.english,
            locations=[(use.path.relative_to(ROOT).as_posix(), use.line)],
            auto_comments=[use.key] if use.key else [],
            context=use.context or None,
        )
    return found


def files(package: Path) -> Mapping[Path, bytes]:
    """Return the files of a package's catalogue, as they should be."""
    messages, place = collected(package), translations(package)
    messages.header_comment = f"# The texts of {package.name}. Made by scripts/fix; do not edit."
    if place.is_file():
        with place.open("rb") as written:
            known = read_po(written, locale=LANGUAGE)
    else:
        known = Catalog(locale=LANGUAGE)
    known.update(messages, update_header_comment=False)
    fresh = StableCatalog(locale=LANGUAGE)
    fresh.header_comment = f"# {package.name} in Chinese: edit each msgstr; scripts/fix renews the rest."
    for message in known:
        if message.id:
            fresh[message.id] = _copied(message)
    return {
        template(package): _written(messages),
        place: _written(fresh),
        place.with_suffix(".mo"): _compiled(fresh),
    }


def _copied(message: Message) -> Message:
    return Message(
        message.id,
        message.string,
        locations=message.locations,
        flags=message.flags,
        auto_comments=message.auto_comments,
        user_comments=message.user_comments,
        context=message.context,
    )


def _written(catalog: Catalog) -> bytes:
    made = BytesIO()
    catalog.fuzzy = False
    write_po(made, catalog, width=0, include_lineno=False, ignore_obsolete=True)
    return made.getvalue().rstrip() + b"\n"


def _compiled(catalog: Catalog) -> bytes:
    made = BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def stale() -> list[str]:
    """Return the files that are not as the code and the translators have them."""
    return [
        path.relative_to(ROOT).as_posix()
        for package in packages()
        for path, content in files(package).items()
        if not path.is_file() or path.read_bytes() != content
    ]


def packages() -> list[Path]:
    """Return the packages that have texts."""
    return [package for package in PACKAGES if any(uses(package))]


def main() -> int:
    """Write the files, or with --check only report those that are stale (exit code 1 if there are any)."""
    if "--check" in sys.argv[1:]:
        found = stale()
        print("\n".join(f"{name} is stale: run scripts/fix" for name in found) or "the catalogues are fresh")
        return 1 if found else 0
    for package in packages():
        for path, content in files(package).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
