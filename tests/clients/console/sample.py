"""A small console with one form, to test what all consoles do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from idvault_people.console.app import Console
from idvault_people.console.visit import (
    Answer,
    ConsoleHead,
    ConsolePage,
    Download,
    Explanation,
    GoTo,
    Hiding,
    MenuCount,
    NoPageError,
    Route,
    Visit,
)
from tests.support.bilingual import bilingual

HEAD = ConsoleHead(
    name="0f3a9c21",
    whole="0f3a9c21" * 4,
    place="example-chat",
    until=datetime(2027, 11, 12, 23, 59, tzinfo=UTC),
    zone=UTC,
)
TEXTS = {
    "service": bilingual("样例", "Sample"),
    "start": bilingual("首页", "Start"),
    "words": bilingual("内容", "Words"),
    "hint": bilingual("随便写", "Anything"),
    "more": bilingual("更多", "More"),
    "paper": bilingual("文件", "File"),
    "kind": bilingual("种类", "Kind"),
}


@dataclass
class Sample:
    """The acts of the console. said: what was sent, in order; counted: how often the menu's counts were."""

    counted: int = 0
    said: list[tuple[str, str]] = field(default_factory=list)

    def start(self, visit: Visit) -> Answer:
        return self._form(visit)

    def say(self, visit: Visit) -> Answer:
        if not visit.given("words"):
            return self._form(visit, words=visit.say("required"))
        paper = visit.files.get("paper")
        self.said.append((visit.given("words"), paper.content.decode() if paper else ""))
        return GoTo("/secret")

    def secret(self, visit: Visit) -> Answer:
        page = self._form(visit)
        return ConsolePage(
            template=page.template, title=page.title, values=page.values, hides=Hiding(20, "/")
        )

    def file(self, visit: Visit) -> Answer:
        return Download(name="资料.txt", content=b"text", type="text/plain")

    def wrong(self, visit: Visit) -> Answer:
        raise {"known": KeyError, "none": NoPageError, "else": ValueError}[visit.parts["kind"]]("王小明")

    def counts(self, visit: Visit) -> Mapping[str, MenuCount]:
        self.counted += 1
        return {}

    def away(self, visit: Visit) -> Answer:
        return GoTo("//elsewhere.example/")

    def explain(self, error: Exception, visit: Visit) -> Explanation | None:
        return Explanation(visit.say("hint"), visit.say("more")) if isinstance(error, KeyError) else None

    def console(self) -> Console:
        return Console(
            texts=TEXTS,
            templates=Path(__file__).parent / "templates",
            menu=(("/", "start"), ("/secret", "words")),
            routes=(
                Route("GET", "/", self.start),
                Route("POST", "/say", self.say),
                Route("GET", "/secret", self.secret),
                Route("GET", "/file", self.file),
                Route("GET", "/wrong/{kind}", self.wrong),
                Route("POST", "/wrong/{kind}", self.wrong),
                Route("GET", "/away", self.away),
            ),
            explain=self.explain,
            counts=self.counts,
            head=lambda: HEAD,
        )

    @staticmethod
    def _form(visit: Visit, **errors: str) -> ConsolePage:
        return ConsolePage(
            template="sample.html",
            title=visit.say("start"),
            values={"pairs": [("<b>", visit.given("words"))], "typed": visit.given("words")},
            errors=errors,
            status=422 if errors else 200,
        )
