"""`idvault-people moderator template`: templates are kept, listed and deleted, without a key."""

import json
from collections.abc import Sequence

import grpc
import pytest

from idvault_verify.error import FieldCode, Reason
from idvault_verify.v1 import sanction_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.commands.test_contest import run
from tests.clients.vault_server import Refuse, VaultServer

__all__ = ["connection"]

KEPT = pb.SanctionTemplate(
    template_id="a" * 32,
    title="Rumour, first time",
    rule_reference="terms 4.2",
    ground=pb.StatementOfReasons.GROUND_AGAINST_TERMS,
    category=pb.StatementOfReasons.CATEGORY_RUMOUR,
    degree=pb.Sanction.DEGREE_LIMIT,
    measure="no-video",
    days=30,
    territory="CN",
    redress="write to appeals",
)
OPTIONS = (
    *("--rule", "terms 4.2", "--ground", "AGAINST_TERMS", "--category", "RUMOUR", "--degree", "LIMIT"),
    *("--territory", "CN", "--redress", "write to appeals", "--measure", "no-video", "--days", "30"),
)


def test_a_template_is_kept_and_replaced(server: VaultServer, connection: Sequence[str]) -> None:
    """All that a form begins with is sent, with the id of the one that it replaces."""
    again = "00000000-0000-4000-8000-000000000001"
    for replaced in ((), ("--replace", "a" * 32)):
        server.outcomes = [KEPT]
        command = ("template", "set", KEPT.title, *OPTIONS, *replaced, "--request-id", again)
        result = run(*connection, *command)
        assert result.exit_code == 0, result.stderr
        assert f"template_id={'a' * 32}" in result.stdout
        sent = pb.SetSanctionTemplateRequest.FromString(server.asked[-1].body)
        wanted = pb.SanctionTemplate()
        wanted.CopyFrom(KEPT)
        wanted.template_id = replaced[1] if replaced else ""
        assert (sent.request_id, sent.template) == (again, wanted)


def test_templates_are_listed(server: VaultServer, connection: Sequence[str]) -> None:
    """Page after page; people are told how many there are."""
    server.outcomes = [
        pb.ListSanctionTemplatesResponse(templates=[KEPT], next_page_token="a" * 32),
        pb.ListSanctionTemplatesResponse(templates=[KEPT]),
    ]
    result = run(*connection, "template", "list")
    assert result.stdout.splitlines()[-1] == "templates: 2"
    server.outcomes = [pb.ListSanctionTemplatesResponse(templates=[KEPT])]
    found = json.loads(run(*connection, "--json", "template", "list").stdout)
    assert (found["title"], found["degree"], found["days"]) == ("Rumour, first time", "LIMIT", 30)


def test_a_template_is_deleted(server: VaultServer, connection: Sequence[str]) -> None:
    """By its id; one that is not there is told."""
    server.outcomes = [pb.DeleteSanctionTemplateResponse()]
    result = run(*connection, "template", "delete", "a" * 32)
    assert (result.exit_code, result.stdout) == (0, f"deleted={'a' * 32}\n")
    assert pb.DeleteSanctionTemplateRequest.FromString(server.asked[-1].body).template_id == "a" * 32
    server.outcomes = [Refuse(grpc.StatusCode.NOT_FOUND, Reason.TEMPLATE_NOT_FOUND)]
    result = run(*connection, "template", "delete", "b" * 32)
    assert result.exit_code != 0
    assert "TEMPLATE_NOT_FOUND" in result.stderr


def test_a_refused_field_is_named(server: VaultServer, connection: Sequence[str]) -> None:
    """By its place in the request."""
    fields = [("template.redress", FieldCode.LENGTH)]
    server.outcomes = [Refuse(grpc.StatusCode.INVALID_ARGUMENT, Reason.INVALID_MESSAGE, fields=fields)]
    result = run(*connection, "template", "set", KEPT.title, *OPTIONS)
    assert result.exit_code != 0
    assert "template.redress" in result.stderr


@pytest.mark.parametrize("days", ["-1", "3651", "99999999999"])
def test_too_many_days_are_refused_here(server: VaultServer, connection: Sequence[str], days: str) -> None:
    """By the option, before anything is sent."""
    result = run(*connection, "template", "set", KEPT.title, *OPTIONS, "--days", days)
    assert result.exit_code == 2
    assert "--days" in result.stderr
    assert not server.asked
