"""The pages for people say the same in both languages, with the figures of the program."""

import re
from pathlib import Path

import pytest

from idvault.account import rules as account_rules
from idvault.claim import rules as claim_rules
from idvault.claim.rules import CLAIM_LIFETIME
from idvault.core.config import Settings
from idvault.erasure.rules import DELAY, ERASURE_DELAY_DAYS, ErasureTerms
from idvault.sanction.appeal.rules import APPEAL_DAYS, APPEAL_DECISION_DAYS
from idvault.sanction.objection.rules import TEXT_DAYS
from idvault.session import rules as session_rules
from idvault.session.contest.rules import CONTEST_DECISION_DAYS
from idvault.session.reinstatement.rules import APPEAL_DAYS as REINSTATE_DAYS
from idvault.session.reinstatement.rules import REINSTATEMENT_DECISION_DAYS
from idvault.tip_off import rules as tip_off_rules

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(path.name for path in (DOCS / "people").glob("*.md"))
SETTINGS = Settings.model_construct()
_ERASED = (ErasureTerms().waiting + DELAY).days
_UNPROVED = ErasureTerms().unproved
_READ = (account_rules.KEPT_FOR + account_rules.FORMER_KEPT + account_rules.READ_FOR).days + (
    SETTINGS.disclosure_embargo_days
)
_LINK = int(session_rules.LIFETIME.total_seconds()) // 60
_WAITING = int(CLAIM_LIFETIME.total_seconds()) // 3600
_WORDS = {5: "five", 20: "twenty"}

# Page, figure, and how the page says it in English and in Chinese.
FIGURES = [
    ("verification.md", claim_rules.PER_HOUR, "{word} attempts an hour", "每小时可以尝试{n}次"),
    ("verification.md", claim_rules.PER_DAY, "{word} a day", "每天{n}次"),
    ("verification.md", session_rules.ATTEMPTS, "for {word}\nattempts", "最多尝试{n}次"),
    ("verification.md", _LINK, "valid for {n} minutes", "链接{n}分钟内有效"),
    ("verification.md", _WAITING, "at most {n} hours", "最多{n}小时"),
    ("verification.md", SETTINGS.verification_days, "valid for {n} days", "有效期为{n}天"),
    ("verification.md", SETTINGS.accounts_per_person, "verify {word} accounts", "最多可以认证{n}个账号"),
    ("stored.md", _ERASED, "{n} days after you request its erasure", "申请注销{n}天后销毁"),
    ("stored.md", _WAITING, "at most {n} hours", "最多{n}小时"),
    ("stored.md", TEXT_DAYS, "{n} days after the decision", "作出决定后{n}天"),
    ("stored.md", tip_off_rules.TEXT_DAYS, "{n} days after the report", "举报处理后{n}天"),
    ("stored.md", _READ, "| {n} days |", "| {n}天 |"),
    ("stored.md", account_rules.KEPT_FOR.days, "| {n} days |", "| {n}天 |"),
    ("stored.md", session_rules.KEPT.days, "| {n} days |", "| {n}天 |"),
    ("identity.md", _LINK, "page for {n} minutes", "页面{n}分钟内可以查看"),
    ("identity.md", SETTINGS.disclosure_embargo_days, "ends {n} days ago", "截至{n}天前"),
    ("identity.md", CONTEST_DECISION_DAYS, "within {n} days", "须在{n}天内"),
    ("identity.md", REINSTATE_DAYS, "on the same page within {n} days", "可以在{n}天内于同一页面"),
    ("identity.md", REINSTATEMENT_DECISION_DAYS, "decide within {n} days", "审核员在{n}天内决定"),
    ("reports.md", SETTINGS.tip_offs_per_day, "reports to {n} a day", "举报次数（{n}次）"),
    ("reports.md", tip_off_rules.TEXT_DAYS, "{n} days after the decision", "作出处理{n}天后"),
    ("decisions.md", APPEAL_DAYS, "within {n} days", "须在{n}天内"),
    ("decisions.md", APPEAL_DECISION_DAYS, "within {n} days", "期限为{n}天"),
    ("decisions.md", SETTINGS.appeal_outside_days, "({n} days)", "（{n}天）"),
    ("decisions.md", TEXT_DAYS, "{n} days after the decision", "作出决定{n}天后删除"),
    ("erasure.md", SETTINGS.erasure_waiting_days, "for {n} days you can cancel", "{n}天内可以"),
    ("erasure.md", ERASURE_DELAY_DAYS, "another {n} days later", "再过{n}天"),
    ("erasure.md", _ERASED, "Why it takes {n} days", "为什么需要{n}天"),
    ("erasure.md", _UNPROVED.days, "({n} days, [if only", "只凭浏览器申请的，{n}天内"),
    ("erasure.md", _UNPROVED.days, "it is {n} days, because", "否则为{n}天"),
    ("erasure.md", _UNPROVED.days + ERASURE_DELAY_DAYS, "days, or {n}", "或{n}天"),
    ("stored.md", _UNPROVED.days + ERASURE_DELAY_DAYS, "its erasure, {n} if", "申请的，{n}天后"),
]


def text(language: str, page: str) -> str:
    """Return a page in a language."""
    folder = DOCS / "people" if language == "en" else DOCS / "zh" / "people"
    return (folder / page).read_text("utf-8")


def test_each_page_is_there_in_both_languages() -> None:
    """Neither language has a page that the other one lacks."""
    assert sorted(path.name for path in (DOCS / "zh" / "people").glob("*.md")) == PAGES
    assert len(PAGES) == 10


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_parts(page: str) -> None:
    """The headings, rows of tables, items of lists and commands of both pages are as many, in order."""
    found = [
        re.findall(r"^(#+|\||-|[0-9]+\.|```)(?= |$|\w)", text(language, page), re.MULTILINE)
        for language in ("en", "zh")
    ]
    assert found[0] == found[1]
    commands = [re.findall(r"^```\n(.*?)^```", text(each, page), re.M | re.S) for each in ("en", "zh")]
    assert commands[0] == commands[1]


@pytest.mark.parametrize(
    ("page", "figure", "english", "chinese"), FIGURES, ids=[f"{page}-{en}" for page, _, en, _ in FIGURES]
)
def test_the_pages_say_the_figures_of_the_program(page: str, figure: int, english: str, chinese: str) -> None:
    """What a page says of a limit or a time is what the program does unless it is told otherwise."""
    assert english.format(n=figure, word=_WORDS.get(figure, "")) in text("en", page)
    assert chinese.format(n=figure) in text("zh", page)
