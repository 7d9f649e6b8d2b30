"""The file that names recipients: what it says, what it refuses, and that an error repeats nothing of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from idvault.core.topic import Audience, Topic
from idvault.processes.notifier import file
from idvault.processes.notifier.file import NotifyFile, NotifyFileError
from idvault.processes.notifier.sender import FollowedFile
from tests.support.notified import SECRET

CANARY = "canary-7f3a"
SMTP = f'[smtp]\nurl = "smtp://user:{CANARY}%40x@mail.example"\nfrom = "vault@vault.example"\n'
HOOK = f'name = "a"\nfor = "custodian"\nwebhook = "https://hooks.example/x"\nsecret = "{SECRET}"\n'
MAIL = 'name = "b"\nfor = "moderator"\nof = "social"\nemail = "desk@office.example"\n'


def recipient(text: str) -> str:
    return f"[[recipient]]\n{text}\n"


def test_a_file_is_read() -> None:
    """Everything that can be said is said."""
    more = 'topics = ["report_filed"]\ndigest_minutes = 60\nlink = "http://127.0.0.1:7000/"\non = false\n'
    found = file.parse(SMTP + recipient(HOOK) + recipient(MAIL + more))
    assert found.mail is not None
    assert (found.mail.host, found.mail.port, found.mail.is_implicit, found.mail.is_local) == (
        "mail.example",
        587,
        False,
        False,
    )
    assert (found.mail.user, found.mail.password) == ("user", f"{CANARY}@x")
    first, second = found.recipients
    assert (first.audience, first.topics, first.digest, first.is_on) == (
        Audience.CUSTODIAN,
        frozenset(),
        timedelta(),
        True,
    )
    assert second.topics == {Topic.REPORT_FILED}
    assert (second.of, second.digest, second.is_on) == ("social", timedelta(hours=1), False)
    assert second.link == "http://127.0.0.1:7000/"
    implicit = file.parse(SMTP.replace("smtp://", "smtps://")).mail
    assert implicit is not None
    assert (implicit.port, implicit.is_implicit) == (465, True)


@pytest.mark.parametrize(
    "text",
    [
        f"x = [{CANARY}",
        f'{CANARY} = "x"',
        f'[smtp]\nurl = "{CANARY}://x"\nfrom = "a@b.example"',
        f'[smtp]\nurl = "smtp://mail.example/{CANARY}"\nfrom = "a@b.example"',
        f'[smtp]\nurl = "smtp://mail.example"\nfrom = "{CANARY}"',
        f'[smtp]\nurl = "smtp://mail.example:{CANARY}"\nfrom = "a@b.example"',
        '[smtp]\nurl = 1\nfrom = "a@b.example"',
        f'[smtp]\nurl = "smtp://mail.example"\nfrom = "a@b.example\\nBcc: {CANARY}@x.example"',
        f'[smtp]\nurl = "smtp://mail.example"\n{CANARY} = "x"',
        recipient(MAIL),
        "recipient = 1",
        recipient(HOOK) + recipient(HOOK),
        recipient(f'{HOOK}{CANARY} = "x"'),
        recipient(HOOK.replace('"a"', f'"{CANARY} "')),
        recipient(HOOK.replace('"a"', "1")),
        recipient(HOOK.replace("custodian", CANARY)),
        recipient(HOOK.replace("custodian", "platform")),
        recipient(f'{HOOK}of = "{CANARY}"'),
        SMTP + recipient(f'{HOOK}email = "{CANARY}@x.example"'),
        SMTP + recipient(MAIL.replace("desk@office.example", f"{CANARY}@x.example\\r\\nBcc: a@b.example")),
        SMTP + recipient(MAIL.replace("desk@office.example", "")),
        recipient(HOOK.replace(SECRET, "")),
        recipient(HOOK.replace(SECRET, f"whsec_{CANARY}")),
        recipient(HOOK.replace(SECRET, "whsec_c2hvcnQ=")),
        recipient(HOOK.replace(SECRET, "whsk_c2hvcnQ=")),
        recipient(HOOK.replace(SECRET, CANARY)),
        recipient(HOOK.replace("https://hooks.example", f"http://{CANARY}.example")),
        recipient(HOOK.replace("https://hooks.example", f"https://user:{CANARY}@hooks.example")),
        recipient(HOOK.replace("https://hooks.example", f"https://hooks.example:{CANARY}")),
        recipient(HOOK.replace("https://hooks.example", f"file:///{CANARY}")),
        recipient(f'{HOOK}link = "javascript:{CANARY}"'),
        recipient(f'{HOOK}topics = ["{CANARY}"]'),
        recipient(f'{HOOK}topics = ["report_filed"]'),
        recipient(f"{HOOK}topics = [[]]"),
        recipient(f"{HOOK}digest_minutes = -1"),
        recipient(f"{HOOK}digest_minutes = true"),
        recipient(f"{HOOK}digest_minutes = 1000000"),
        recipient(f'{HOOK}on = "{CANARY}"'),
    ],
)
def test_what_cannot_be_used_is_refused_and_never_shown(text: str) -> None:
    """The error names the member; what is in the file may be a secret."""
    with pytest.raises(NotifyFileError) as found:
        file.parse(text)
    assert CANARY not in str(found.value)
    assert SECRET not in str(found.value)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """It holds secrets; one that is not there names nobody."""
    path = file.beside(tmp_path / "work.keys")
    assert file.read(path) == NotifyFile()
    path.write_text(recipient(HOOK), "utf-8")
    path.chmod(0o640)
    with pytest.raises(NotifyFileError):
        file.read(path)
    path.chmod(0o600)
    assert len(file.read(path).recipients) == 1
    path.write_bytes(b"\xff")
    with pytest.raises(NotifyFileError):
        file.read(path)


def test_a_file_that_breaks_leaves_the_last_one_in_use(tmp_path: Path) -> None:
    """A typing mistake silences nobody, and the log says it once."""
    path = tmp_path / file.NAME
    path.write_text(recipient(HOOK), "utf-8")
    path.chmod(0o600)
    followed = FollowedFile(path)
    assert len(followed.read().recipients) == 1
    path.write_text("[[recipient]", "utf-8")
    assert len(followed.read().recipients) == 1
    path.write_text(recipient(HOOK) + SMTP + recipient(MAIL), "utf-8")
    assert len(followed.read().recipients) == 2


def test_a_file_that_never_could_be_used_is_not_nobody(tmp_path: Path) -> None:
    """A worker that starts with it tells nothing, and forgets nothing either."""
    path = tmp_path / file.NAME
    path.write_text("[[recipient]", "utf-8")
    path.chmod(0o600)
    with pytest.raises(NotifyFileError):
        FollowedFile(path).read()


def test_an_authority_is_one_of_the_roster_or_all() -> None:
    """By its actor id, as an auditor; its topics are its own."""
    hook = HOOK.replace('"custodian"', '"authority"')
    more = f'of = "{"a" * 32}"\ntopics = ["report_referred", "order_objected"]\n'
    [one] = file.parse(recipient(hook + more)).recipients
    assert (one.audience, one.of) == (Audience.AUTHORITY, "a" * 32)
    assert one.topics == {Topic.REPORT_REFERRED, Topic.ORDER_OBJECTED}
    assert file.parse(recipient(hook)).recipients[0].of == ""
    with pytest.raises(NotifyFileError):
        file.parse(recipient(hook + 'topics = ["report_filed"]\n'))
