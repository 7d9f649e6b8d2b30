"""What becomes of the forms of children and adults, said plainly. Times are in seconds."""

from dataclasses import dataclass, field
from datetime import date

HOUR, DAY = 3_600, 86_400
LIMITS = ((5, HOUR), (20, DAY))
PLACES, CHILD_UNDER, ADULT_FROM = 5, 14, 18


@dataclass(frozen=True)
class Typed:
    """Somebody as a form has it. place: of the person. wrong: which wrong name, 0 for the right one."""

    place: int
    wrong: int


@dataclass
class ModelForms:
    """People by their birthdays.

    tried: when each name was tried at a number, by the day. accounts: how many each number has.
    """

    birthdays: list[date]
    tried: dict[int, dict[tuple[int, date], int]] = field(default_factory=dict)
    accounts: dict[int, int] = field(default_factory=dict)

    def form(self, child: Typed, adult: Typed | None, *, now: int, today: date) -> str:
        """Send the form of a session; return what it is answered with."""
        if self._age(child.place, today) < CHILD_UNDER:
            if not self._charge(child, now, today):
                return "TOO_MANY_ATTEMPTS"
            if child.wrong == 0:
                self._give_back(child, today)
                if (refusal := self._beside(child, adult, now, today)) is not None:
                    return refusal
        return self._claim(child, now, today)

    def call(self, who: Typed, *, now: int, today: date) -> str:
        """Claim as a platform does, which no adult can take part in."""
        child = self._age(who.place, today) < CHILD_UNDER
        if who.wrong or not child or self._is_over(who, now):
            return self._claim(who, now, today)
        self._charge(who, now, today)
        return "GUARDIAN_REQUIRED"

    def _beside(self, child: Typed, adult: Typed | None, now: int, today: date) -> str | None:
        if adult is None:
            return "guardian REQUIRED"
        if adult.place == child.place or self._age(adult.place, today) < ADULT_FROM:
            return "guardian.document.number BIRTH_DATE"
        if not self._charge(adult, now, today):
            return "TOO_MANY_ATTEMPTS"
        if adult.wrong:
            return "guardian CHARACTER"
        self._give_back(adult, today)
        return None

    def _claim(self, who: Typed, now: int, today: date) -> str:
        if self._is_over(who, now):
            return "TOO_MANY_ATTEMPTS"
        if who.wrong:
            self._charge(who, now, today)
            return "MISMATCH"
        if self.accounts.get(who.place, 0) >= PLACES:
            return "ACCOUNT_LIMIT_REACHED"
        self.accounts[who.place] = self.accounts.get(who.place, 0) + 1
        return "SUCCEEDED"

    def _charge(self, who: Typed, now: int, today: date) -> bool:
        if self._is_over(who, now):
            return False
        self.tried.setdefault(who.place, {})[who.wrong, today] = now
        return True

    def _give_back(self, who: Typed, today: date) -> None:
        self.tried[who.place].pop((who.wrong, today))

    def _is_over(self, who: Typed, now: int) -> bool:
        tried = self.tried.get(who.place, {})
        for limit, window in LIMITS:
            recent = {wrong for (wrong, _), time in tried.items() if time > now - window}
            if who.wrong not in recent and len(recent) >= limit:
                return True
        return False

    def _age(self, place: int, today: date) -> int:
        born = self.birthdays[place]
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    def rows(self) -> int:
        """Return how many attempts are kept."""
        return sum(len(each) for each in self.tried.values())
