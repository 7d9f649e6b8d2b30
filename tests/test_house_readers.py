"""Every reader of a file has a limit: no program takes a file whole, whoever wrote it."""

import ast
from collections.abc import Iterator

import pytest

from tools.support.project import CLIENT, PEOPLE, ROOMS, ROOT, VERIFY

# What reads a file to its end, however long it is, by file and function.
WITHOUT_A_LIMIT = {
    ("idvault/processes/migrations/branch.py", "_parsed"): "a migration of this package",
    ("idvault/processes/setup/plan.py", "example"): "a file of this package",
    ("idvault/processes/setup/texts.py", "unit"): "a file of this package",
    ("idvault/processes/setup/texts.py", "_statements"): "files of this package",
    ("idvault/core/process.py", "wait_ready"): "what a child of this program wrote",
    ("idvault/core/process.py", "_last_lines"): "the same",
    ("idvault/core/public_files.py", "_read"): "the worker's own files: tiles, an index of up to 64 MiB",
    ("clients/python/idvault_client/pages/rendering.py", "tokens"): "a file of this package",
    ("clients/python/idvault_client/pages/rendering.py", "hosted_style"): "a file of this package",
    ("idvault/web/app.py", "_asset"): "a file of this package",
    ("clients/python/idvault_client/testing.py", "_ask"): "what a vault of a test answers",
    ("clients/python/idvault_client/testing.py", "endpoint"): "what a vault of this machine wrote",
    ("clients/python/idvault_client/testing.py", "_wait"): "what a child of this program wrote",
    ("clients/people/idvault_people/console/entrance.py", "withdraw"): "what this program wrote",
    ("clients/people/idvault_people/console/operator/findings.py", "runbook"): "a file of this package",
    ("clients/people/idvault_people/disclosure/quota.py", "_given"): "the same: a line for each share",
}
_WHOLE = ("read_bytes", "read_text", "readlines")
_OPEN_FILES = ("file", "source", "handle", "stream", "answer", "sys.stdin", "sys.stdin.buffer")


def _readers(tree: ast.AST, function: str = "") -> Iterator[str]:
    """Yield the function of each call that reads a file to its end."""
    for node in ast.iter_child_nodes(tree):
        inner = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if isinstance(node, ast.Call) and _is_whole(node):
            yield function
        yield from _readers(node, inner)


def _is_whole(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    named, of = call.func.attr, ast.unparse(call.func.value)
    is_all = named == "read" and not call.args and of in _OPEN_FILES
    return named in _WHOLE or is_all or (named == "load" and of in ("json", "tomllib"))


def _found() -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(ROOT)), function)
        for package in (ROOMS, CLIENT, VERIFY, PEOPLE)
        for path in package.rglob("*.py")
        for function in _readers(ast.parse(path.read_text("utf-8")))
    }


def test_what_reads_a_file_whole_is_listed() -> None:
    """Certificates, rosters, statements and passphrases come from others: `small_file` reads them."""
    assert _found() == WITHOUT_A_LIMIT.keys()


@pytest.mark.parametrize(
    "text",
    [
        "def f(): return path.read_bytes()",
        "def f(): return Path('x').read_text('utf-8')",
        "def f():\n with path.open('rb') as file:\n  return file.read()",
        "def f(): return json.load(file)",
        "async def f(): return sys.stdin.read()",
    ],
)
def test_the_rule_sees_each_way_to_read(text: str) -> None:
    """Each way to take a file whole is found; a read with a limit is not."""
    assert list(_readers(ast.parse(text))) == ["f"]
    assert not list(_readers(ast.parse("def f(): return file.read(17)")))
