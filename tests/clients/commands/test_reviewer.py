"""`idvault-people reviewer`: sign, confirm and list; what the slip has, and what it has not."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from idvault_people.commands.reviewer import app
from idvault_people.moderation import key_folder
from idvault_verify.attest import review as attest_review
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import review_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]

REVIEW, WHO = "a" * 32, "e" * 32
TYPED = "ANNA ERIKSSON\nL898902C3\n6\n"
SEEN = Identity("ANNA ERIKSSON", Document(DocumentType.PASSPORT, "GBRL898902C36"))


def run(*arguments: object, typed: str = "") -> Result:
    """Run a command of `idvault-people reviewer`, with what the reviewer types."""
    return CliRunner().invoke(app, [*map(str, arguments)], input=typed)


def review(state: str = "PROPOSED", **changes: Any) -> pb.Review:
    """Return a review as in the vault's answer."""
    number = pb.Review.State.Value(f"STATE_{state}")
    made = pb.Review(review_id=REVIEW, state=number, reviewer_id=WHO, paper_digest=b"p" * 32, **changes)
    made.review_time.FromJsonString("2026-03-01T00:00:00Z")
    if state == "PROPOSED":
        made.lapse_time.FromJsonString("2026-03-04T00:00:00Z")
    return made


@pytest.fixture
def key(tmp_path: Path) -> tuple[ModeratorKey, Sequence[str]]:
    """Return a reviewer's key, and the options that name it."""
    folder, passphrase = tmp_path / "moderator", tmp_path / "passphrase"
    passphrase.write_bytes(b"a synthetic passphrase")
    made = key_folder.create(
        folder, relying_party="platform-a", password=passphrase.read_bytes(), now=datetime.now(UTC)
    )
    key_folder.store(folder, made.of(WHO))
    return made, ("--as", str(folder), "--passphrase-file", str(passphrase))


def test_two_reviewers_sign(
    server: VaultServer, connection: Sequence[str], key: tuple[ModeratorKey, Sequence[str]], tmp_path: Path
) -> None:
    """The slip carries id, digest and salt; the second one types name and number again, and it is gone."""
    slip, (made, signs) = tmp_path / "slip.json", key
    passport = ("--slip", slip, "--country", "GBR", *signs)
    server.outcomes = [review()]
    result = run(*connection, "sign", "--terms", "terms-3", *passport, typed=TYPED)
    assert "state=PROPOSED" in result.stdout, result.output
    # The runner echoes what is typed; the command itself prints neither name nor number.
    assert "ERIKSSON" not in "".join(result.stdout.splitlines()[len(TYPED.splitlines()) :])
    sent = pb.ReviewDocumentRequest.FromString(server.asked[-1].body)
    assert (sent.real_name, sent.document.number) == (SEEN.name, SEEN.document.number)
    assert sent.document.type == common_pb2.DOCUMENT_TYPE_PASSPORT
    written = slip.read_text("utf-8")
    assert json.loads(written) == {
        "review_id": REVIEW, "paper_digest": (b"p" * 32).hex(), "salt": sent.salt.hex(),
    }  # fmt: skip
    marked = attest_review.mark(SEEN, salt=sent.salt)
    fields = attest_review.first_fields(account_token="", policy_version="terms-3", marked=marked)
    occasion = SigningOccasion("platform-a", sent.request_id, WHO, sent.signature.sign_time.ToDatetime(UTC))
    papers.signed(
        papers.act(occasion, method="ReviewDocument", fields=fields),
        sent.signature.signature,
        public_key=made.public_key,
    )
    server.outcomes = [review("SIGNED", account_token=TOKEN, confirm_reviewer_id="f" * 32)]
    result = run(*connection, "confirm", *passport, typed=TYPED)
    assert "state=SIGNED" in result.stdout, result.output
    again = pb.ConfirmReviewRequest.FromString(server.asked[-1].body)
    assert (again.review_id, again.paper_digest, again.salt) == (REVIEW, b"p" * 32, sent.salt)
    assert not slip.exists()


def test_a_permit_and_one_reviewer(
    server: VaultServer, connection: Sequence[str], key: tuple[ModeratorKey, Sequence[str]], tmp_path: Path
) -> None:
    """Without a country no check digit is asked for; where one reviewer suffices no slip is left."""
    slip, (_, signs) = tmp_path / "slip.json", key
    server.outcomes = [review("SIGNED", account_token=TOKEN)]
    result = run(
        *connection, "--json", "sign", "--terms", "terms-3", "--slip", slip, *signs, typed="某某\nH01234567\n"
    )
    assert json.loads(result.stdout.splitlines()[-1])["account_token"] == TOKEN, result.output
    sent = pb.ReviewDocumentRequest.FromString(server.asked[-1].body)
    assert (sent.real_name, sent.document.number) == ("某某", "H01234567")
    assert not slip.exists()


def test_a_repeat_has_the_salt_of_the_slip(
    server: VaultServer, connection: Sequence[str], key: tuple[ModeratorKey, Sequence[str]], tmp_path: Path
) -> None:
    """Another salt would be another review; a slip that waits is kept, and what is no slip is refused."""
    slip, (_, signs) = tmp_path / "slip.json", key
    slip.write_text(json.dumps({"review_id": "", "paper_digest": "", "salt": "07" * 32}))
    server.outcomes = [review()]
    sign = ("sign", "--terms", "terms-3", "--slip", slip, "--country", "GBR", *signs)
    assert run(*connection, *sign, typed=TYPED).exit_code == 2
    assert (server.asked, "07" in slip.read_text("utf-8")) == ([], True)
    assert run(*connection, *sign, "--request-id", str(uuid4()), typed=TYPED).exit_code == 0
    assert pb.ReviewDocumentRequest.FromString(server.asked[-1].body).salt == b"\x07" * 32
    for wrong in ("[]", "{}", "x", '{"review_id":"","paper_digest":"","salt":"x"}'):
        slip.write_text(wrong)
        result = run(*connection, "confirm", "--slip", slip, *signs, typed=TYPED)
        assert result.exit_code == 2, result.output


def test_what_a_reviewer_signed_is_counted(server: VaultServer, connection: Sequence[str]) -> None:
    """All pages are read, and the last line counts."""
    page = pb.ListReviewsResponse(reviews=[review()], next_page_token=REVIEW, count=2)
    server.outcomes = [page, pb.ListReviewsResponse(reviews=[review("LAPSED")], count=2)]
    result = run(*connection, "list", "--reviewer", WHO)
    assert result.stdout.splitlines()[-1] == "reviews: 2", result.output
    asked = [pb.ListReviewsRequest.FromString(each.body) for each in server.asked]
    assert [(each.reviewer_id, each.page_token) for each in asked] == [(WHO, ""), (WHO, REVIEW)]
    server.outcomes = [pb.ListReviewsResponse()]
    assert run(*connection, "list", "--open").stdout.splitlines()[-1] == "reviews: 0"
    assert pb.ListReviewsRequest.FromString(server.asked[-1].body).open
