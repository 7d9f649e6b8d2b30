"""What the project's rules need to know of a Python file: its functions, classes, names and imports."""

import ast
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# What gives something a name.
_NAMED = (
    *(ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef),
    *(ast.arg, ast.Name, ast.ExceptHandler, ast.Attribute, ast.alias),
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function, a method or a nested function; lines: how many it has; docstring: empty if it has none."""

    name: str
    line: int
    lines: int
    docstring: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class; bases: as they are written."""

    name: str
    line: int
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file. docstring: the module's, empty if it has none.

    names: line and name of its classes, functions, parameters and variables. imports: line and module of what
    it imports; `from a import b` gives a.b. calls: line and name of what it calls by its bare name.
    """

    docstring: str
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    names: tuple[tuple[int, str], ...]
    imports: tuple[tuple[int, str], ...]
    calls: tuple[tuple[int, str], ...]


@cache
def read(path: Path) -> Source:
    """Return what a file contains; it is parsed once, because several rules ask for each file."""
    tree = ast.parse(path.read_text("utf-8"))
    of_kind: defaultdict[type[ast.AST], list[Any]] = defaultdict(list)
    for node in ast.walk(tree):
        of_kind[type(node)].append(node)
    return Source(
        docstring=ast.get_docstring(tree) or "",
        functions=tuple(map(_function, of_kind[ast.FunctionDef] + of_kind[ast.AsyncFunctionDef])),
        classes=tuple(map(_class, of_kind[ast.ClassDef])),
        names=tuple(found for kind in _NAMED for node in of_kind[kind] if (found := _name(node)) is not None),
        imports=tuple(
            found for node in of_kind[ast.ImportFrom] + of_kind[ast.Import] for found in _imports(node)
        ),
        calls=tuple(
            (node.lineno, node.func.id) for node in of_kind[ast.Call] if isinstance(node.func, ast.Name)
        ),
    )


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    return Function(node.name, node.lineno, lines, ast.get_docstring(node) or "")


def _class(node: ast.ClassDef) -> Class:
    return Class(node.name, node.lineno, tuple(ast.unparse(base) for base in node.bases))


def _name(node: ast.AST) -> tuple[int, str] | None:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return node.lineno, name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str(name)):
            return node.lineno, name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            return node.lineno, name
        case ast.alias(asname=str(name)):
            return node.lineno, name
    return None


def _imports(node: ast.AST) -> list[tuple[int, str]]:
    if isinstance(node, ast.ImportFrom):
        return [(node.lineno, f"{node.module or ''}.{name.name}") for name in node.names]
    if isinstance(node, ast.Import):
        return [(node.lineno, name.name) for name in node.names]
    return []
