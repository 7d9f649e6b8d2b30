"""The whole command `idvault-people`: what members of the roster and moderators do on their machines."""

import sys

from idvault_verify.commands.program import Command, Commands

_HELP = """For the people of an identity vault, on their own machines: keys never leave them.

An auditor requests the disclosure of one sealed record, and opens it when enough custodians agree. A
moderator decides and signs. What the vault sends is verified here, before anything is shown or signed.

Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 something required cannot be reached, 4 refused,
5 a proof or signature does not verify."""
_HERE = "idvault_people.commands"
PROGRAM = Commands(
    "idvault-people",
    _HELP,
    {
        "auditor": Command("Request one sealed record, and open it.", (f"{_HERE}.role:auditor_app",)),
        "custodian": Command(
            "Approve or deny disclosures; drill and hand over shares.", (f"{_HERE}.role:custodian_app",)
        ),
        "operator": Command("Create the keys of who proposes rosters.", (f"{_HERE}.role:operator_app",)),
        "authority": Command(
            "Sign orders and joint operations as an authority's officer.", (f"{_HERE}.role:authority_app",)
        ),
        "roster": Command("The signed file of roster members and quorums.", (f"{_HERE}.roster:app",)),
        "epoch": Command(
            "The statements by which the log goes on after a loss: read and sign them.",
            (f"{_HERE}.epoch:app",),
        ),
        "log": Command("The later keys of the log: verify and follow them.", (f"{_HERE}.log_keys:app",)),
        "moderator": Command("Create a moderator's key, and decide with it.", (f"{_HERE}.moderator:app",)),
        "reviewer": Command("Sign that you saw a document and its holder.", (f"{_HERE}.reviewer:app",)),
    },
)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(PROGRAM.run(sys.argv[1:]))
