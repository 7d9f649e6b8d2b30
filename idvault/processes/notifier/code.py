"""Hands over the mails that take a code to an address: the same words for everybody, and the code."""

from collections.abc import Mapping
from datetime import datetime

from idvault.processes.notifier.mail import MailSender, plain_mail
from idvault.sealing.ports import CodeLetter
from idvault.tip_off.contact import rules
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)

TEXTS: Mapping[str, Text] = {
    "subject": _("Your code"),
    "code": _("Your code: {code}"),
    "use": _("Type it on the page on which you asked for it. It is valid for {minutes} minutes."),
    "careful": _(
        "Tell the code to nobody. If you did not ask for it, do nothing: somebody typed your address, and "
        "learns nothing from it."
    ),
}


class CodeMails:
    """Hands over codes (tip_off.contact.ports.CodeSender)."""

    def __init__(self, mails: MailSender) -> None:
        """Set what hands over mails."""
        self._mails = mails

    async def send(self, letter: CodeLetter, *, mail_id: str, made_at: datetime) -> None:
        """Hand over a code; raises SendError."""
        server = self._mails.server()
        half = rules.CODE_DIGITS // 2
        shown = {
            "code": f"{letter.code[:half]} {letter.code[half:]}",
            "minutes": int(rules.CODE_LIFETIME.total_seconds() // 60),
        }
        said = {key: text.in_language(letter.language).format(**shown) for key, text in TEXTS.items()}
        mail = plain_mail(
            server,
            to=letter.address,
            message_id=mail_id,
            subject=said["subject"],
            lines=[said["code"], "", said["use"], "", said["careful"]],
            made_at=made_at,
        )
        await self._mails.hand_over(server, mail)
