"""`idvault-people operator name-moderator`: names a moderator of a platform that has fewer than two."""

import json
from pathlib import Path
from typing import Annotated

import typer

from idvault_people import fingerprint as fingerprints
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import MemberOptions, as_json, confirm, open_session
from idvault_verify import small_file
from idvault_verify.attest.registration import Registration, RegistrationFileError
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.error import Reason

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="The registration.json of the moderator's machine.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether the person was asked.")]


def name_moderator(context: typer.Context, file: File, yes: Yes = False) -> None:
    """Name a moderator of a platform that has fewer than two; needs a code of your second factor.

    You see a key, not a person. Ask the platform on another way than the file came: whose key it is, what the
    fingerprint is, and that it is another person's than the key of the moderator who is left. With two
    moderators a platform registers the next ones by itself.
    """
    given: MemberOptions = context.obj
    try:
        found = Registration.from_bytes(small_file.read(file))
    except RegistrationFileError as error:
        raise CommandError(ExitCode.REFUSED, f"{file}: {error}", reason="FILE_DAMAGED") from error
    fingerprint = fingerprints.of_moderator(found.public_key)
    if not as_json(context):
        typer.echo(f"platform: {found.relying_party}\nkey fingerprint: {fingerprint}")
    confirm(yes, "Did you ask the platform whose key it is?", otherwise="nobody was named")
    with open_session("operator", given, next_=NamingNextStep) as session:
        moderator_id = session.operator().name_moderator(found, code=given.asked_code())
    if as_json(context):
        typer.echo(json.dumps({"platform": found.relying_party, "moderator_id": moderator_id}))
    else:
        typer.echo(f"moderator: {moderator_id} named at {found.relying_party}")


class NamingNextStep(NextStep):
    """Suggests the next command after a refused naming."""

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for a moderator whom the vault does not let the operator name."""
        words = {
            Reason.MODERATORS_SUFFICE.value: "two of the platform's moderators countersign the file",
            Reason.MODERATOR_REVOKED.value: "the moderator makes a new key: idvault-people moderator init",
        }
        if reason in words:
            return f"{text}\nnext: {words[reason]}"
        if field == "signature.sign_time":
            return f"{text}\nnext: the moderator makes a new file: idvault-people moderator init"
        return super().after_refusal(text, reason, field)
