"""A second, simple implementation of proofs of an address, as the page of reports describes them.

Times are in seconds since a midnight of UTC, so that a minute and a day begin at whole multiples.
"""

from dataclasses import dataclass, field

CODE, PROVED, DAY = 600, 7_200, 86_400
TRIES, MOST, RETRY = 5, 5, 30
GMAIL = ("gmail.com", "googlemail.com")


def mailbox(address: str) -> str:
    """Return what the vault knows of a mailbox."""
    local, domain = address.lower().split("@")
    local = local.split("+")[0]
    return local.replace(".", "") + "@gmail.com" if domain in GMAIL else f"{local}@{domain}"


@dataclass(eq=False)
class ModelProof:
    """A proof. is_sent: whether the cap lets its mail go. until: when the code, or the proof, ends."""

    platform: str
    address: str
    day: int
    is_sent: bool
    until: int
    tries: int = 0
    is_proved: bool = False
    is_gone: bool = False

    def types(self, *, is_right: bool, now: int) -> bool:
        """Type a code; return whether the proof is done."""
        if self.is_gone:
            return False
        if not self.is_proved and self.tries < TRIES and now < self.until:
            if is_right and self.is_sent:
                self.is_proved, self.until = True, now + PROVED
            else:
                self.tries += 1
        return self.is_proved and now < self.until


@dataclass(eq=False)
class ModelMail:
    """A mail that waits. until: to the minute."""

    proof: ModelProof
    until: int
    due: int
    attempts: int = 0


@dataclass(eq=False)
class ModelReporter:
    """An address at a platform, once it has reported. filed: in all, and on a day."""

    trusted: bool = False
    filed: int = 0
    day: int = -1
    today: int = 0


@dataclass(eq=False)
class ModelContacts:
    """What is proved, mailed and reported. limit: reports of an address in a day."""

    limit: int
    proofs: list[ModelProof] = field(default_factory=list)
    mails: list[ModelMail] = field(default_factory=list)
    open_codes: dict[tuple[str, int], int] = field(default_factory=dict)
    reporters: dict[tuple[str, str], ModelReporter] = field(default_factory=dict)

    def ask(self, platform: str, address: str, now: int) -> ModelProof:
        """Ask for a code, which is held back beyond five of a day that came to nothing."""
        day, box = now // DAY, mailbox(address)
        count = self.open_codes.get((box, day), 0)
        made = ModelProof(platform, address, day, count < MOST, now + CODE)
        if made.is_sent:
            self.open_codes[box, day] = count + 1
        minute = now - now % 60
        self.mails.append(ModelMail(made, minute + CODE, minute))
        self.proofs.append(made)
        return made

    def types(self, proof: ModelProof, *, is_right: bool, now: int) -> bool:
        """Type a code; a code that proves is not counted any more."""
        before = proof.is_proved
        done = proof.types(is_right=is_right, now=now)
        counted = (mailbox(proof.address), proof.day)
        if proof.is_proved and not before and counted in self.open_codes:
            self.open_codes[counted] -= 1
        return done

    def due(self, now: int) -> list[ModelMail]:
        """Return the mails whose attempt is due."""
        return [each for each in self.mails if each.proof.is_sent and each.due <= now < each.until]

    def mail(self, now: int, *, ends: bool) -> list[ModelMail]:
        """Make every attempt that is due; return them. ends: whether nothing is tried again."""
        found = self.due(now)
        for each in found:
            each.due = now + RETRY * 2 ** min(each.attempts, 5)
            each.attempts += 1
        if ends:
            self.mails = [each for each in self.mails if each not in found]
        return found

    def file(self, proof: ModelProof, platform: str, address: str, *, day: int, now: int) -> str:
        """File a report with a proof; return FILED or why not. day: the operator's."""
        fits = (proof.platform, proof.address) == (platform, address)
        if proof.is_gone or not fits or not proof.is_proved or now >= proof.until:
            return "CONTACT_NOT_PROVED"
        known = self.reporters.get((platform, address)) or ModelReporter()
        today = known.today if known.day == day else 0
        if not known.trusted and today >= self.limit:
            return "TIP_OFF_LIMIT_REACHED"
        self.reporters[platform, address] = known
        known.day, known.today, known.filed = day, today + 1, known.filed + 1
        proof.is_gone = True
        return "FILED"

    def purge(self, now: int) -> int:
        """Delete what is over; return how many rows."""
        old = [each for each in self.proofs if not each.is_gone and each.until <= now]
        for each in old:
            each.is_gone = True
        mails = [each for each in self.mails if each.until <= now]
        self.mails = [each for each in self.mails if each not in mails]
        days = [key for key in self.open_codes if key[1] < now // DAY]
        for key in days:
            del self.open_codes[key]
        return len(old) + len(mails) + len(days)
