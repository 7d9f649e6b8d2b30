"""`idvault-people reviewer`: signs on the reviewer's machine that he saw a document and its holder."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault_client import Consent, IdentityDocument
from idvault_client.commands import connection
from idvault_client.commands.output import AsJson
from idvault_client.reviews import DocumentReview, SeenDocument, mainland_travel_permit, passport
from idvault_people.commands.cases import show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every
from idvault_verify import durable_file, small_file

_HELP = "A reviewer: a moderator who sees passports and travel permits with their holders, and signs that."
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.callback(help=_HELP)(connection.options)
_SLIP = frozenset({"review_id", "paper_digest", "salt"})
Country = Annotated[
    str, typer.Option(help="Of a passport: the country that issued it, three letters (ISO 3166).")
]
Slip = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="The slip for the second reviewer, without name and number. Delete it once both have signed.",
    ),
]


@app.command()
def sign(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    moderator: Moderator,
    slip: Slip,
    terms: Annotated[str, typer.Option(help="Version of the terms that the person agreed to just now.")],
    country: Country = "",
    account: Annotated[str, typer.Option(help="The account to verify again; without it, a sign-up.")] = "",
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Sign that you saw a document and its holder; write a slip where a second reviewer must sign.

    Name, number and the check digit of a passport are asked for, or read as lines from standard input: on the
    command line others could see them. Without --country the document is a mainland travel permit. A repeat
    with the same --request-id reads the salt from the slip.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        if slip.exists() and request_id is None:
            raise typer.BadParameter(f"{slip} is of another review: choose another file, or repeat by its id")
        seen = _read(country, _known_salt(slip))
        durable_file.replace(slip, _slip(None, seen))
        made = by.vault.reviews.sign(
            seen,
            consent=Consent(terms, datetime.now(UTC)),
            key=by.key,
            account_token=account,
            request_id=request_id,
        )
        if made.lapse_time is None:
            slip.unlink()
        else:
            durable_file.replace(slip, _slip(made, seen))
        by.show(_shown(made))


@app.command()
def confirm(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    moderator: Moderator,
    slip: Slip,
    country: Country = "",
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Sign that you saw the same document and its holder, as another reviewer did; that verifies the person.

    Read name and number yourself: what you type must be what the first reviewer has signed. They are asked
    for as by `sign`. The slip is deleted afterwards; so must be its copies.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        found = _read_slip(slip)
        seen = _read(country, bytes.fromhex(found["salt"]))
        made = by.vault.reviews.confirm(
            found["review_id"],
            seen,
            paper_digest=bytes.fromhex(found["paper_digest"]),
            key=by.key,
            request_id=request_id,
        )
        slip.unlink()
        by.show(_shown(made))


@app.command("list")
def list_reviews(
    context: typer.Context,
    reviewer: Annotated[
        str, typer.Option(metavar="ID", help="Only what this reviewer signed, also a revoked one.")
    ] = "",
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that wait for a second reviewer.")
    ] = False,
    json_option: AsJson = False,
) -> None:
    """Print reviews, and how many: of a reviewer whose key was revoked, what must be looked at again."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = every(vault.reviews.list_page, "reviews", reviewer_id=reviewer, open_only=only_open)
        show_all(found, "reviews", shown=_shown, as_json=as_json)


def _read(country: str, salt: bytes | None) -> SeenDocument:
    """Return what the reviewer types."""
    name, number = str(typer.prompt("Name", err=True)), str(typer.prompt("Number", err=True))
    document: IdentityDocument = (
        passport(country, number, str(typer.prompt("Check digit", err=True)))
        if country
        else mainland_travel_permit(number)
    )
    return SeenDocument(name, document) if salt is None else SeenDocument(name, document, salt)


def _slip(made: DocumentReview | None, seen: SeenDocument) -> bytes:
    """Return the slip: how what was signed is found and compared, without name and number."""
    return json.dumps({
        "review_id": "" if made is None else made.review_id,
        "paper_digest": "" if made is None else made.paper_digest.hex(),
        "salt": seen.salt.hex(),
    }).encode()  # fmt: skip


def _known_salt(slip: Path) -> bytes | None:
    return bytes.fromhex(_read_slip(slip)["salt"]) if slip.exists() else None


def _read_slip(slip: Path) -> dict[str, str]:
    """Return the texts of a slip; raises typer.BadParameter for any other file."""
    try:
        found: Any = json.loads(small_file.read(slip))
        if found.keys() == _SLIP and all(isinstance(each, str) for each in found.values()):
            bytes.fromhex(found["salt"] + found["paper_digest"])
            return dict(found)
    except (ValueError, AttributeError) as error:
        raise typer.BadParameter(f"{slip} is no slip of a review") from error
    raise typer.BadParameter(f"{slip} is no slip of a review")


def _shown(review: DocumentReview) -> dict[str, object]:
    claim = review.verification
    return {
        "review_id": review.review_id,
        "account_token": review.account_token or None,
        "state": review.state,
        "reviewer": review.reviewer_id,
        "reviewed": review.review_time.isoformat(),
        "second_reviewer": review.confirm_reviewer_id or None,
        "lapses": review.lapse_time and review.lapse_time.isoformat(),
        "claim": claim and claim.state,
        "failure_reason": claim.failure_reason if claim and claim.failed else None,
        "request_id": claim and claim.request_id,
    }
