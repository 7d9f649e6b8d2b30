"""The public's reports over HTTP: the form of a platform, one question a page, and the reporter's page.

- Nothing is filed before the page on which all answers are checked. Each answer sends the browser on, so that
  a reload repeats nothing; only a text that is too long for the draft is carried by the forms.
- The request id of a report is derived from the browser's key, the draft and what was written: sending the
  same again is the same report with the same numbers.
- The reporter's numbers are typed into a form and are in no address; the vault limits the tries of each
  report, and the limits of strangers (web.limits) those of many.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo
from hashlib import sha256
from http import HTTPStatus

from aiohttp import web

from idvault.tip_off import rules as tip_off_rules
from idvault.web import calls, guard, limits
from idvault.web.app import Pages, status_of
from idvault.web.calls import WrittenReport
from idvault.web.limits import ReportLimits
from idvault.web.tip_off import code, draft
from idvault.web.tip_off.draft import Draft
from idvault.web.tip_off.forms import Forms
from idvault.web.tip_off.view import Answering, TipOffView
from idvault_client.errors import InvalidFields, PreconditionFailed, VaultError
from idvault_client.pages import multipart
from idvault_verify import seal, secret, tip_off
from idvault_verify.error import FieldCode, InvalidError, Reason
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffTarget

LIFETIME = 2 * 60 * 60
"""How many seconds a browser keeps a draft: long enough to write a long text."""
FORM_BYTES = 128 * 1024
_COOKIE, _DRAFT = "reports", "draft"
_FIELDS = {"target.content": "where", "text": "why", "content_copy": "evidence", code.ADDRESS: "contact"}
_ANSWER = {"text": "answer"}
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class _OpenDraft:
    """One draft in one browser."""

    platform: str
    title: str
    path: str
    key: str = field(repr=False)
    draft: Draft | None = field(repr=False)

    @property
    def answers(self) -> Draft:
        """The answers so far; none of a draft that this browser does not have."""
        return self.draft or Draft()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Numbers:
    """What a reporter has of a report."""

    reference: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffPages:
    """The handlers. zone: of the operator's days."""

    pages: Pages
    forms: Forms
    zone: tzinfo
    limits: ReportLimits = field(default_factory=ReportLimits)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """Show the platforms that take reports."""
        return self._view(request).platforms(await self.forms.all())

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Show what a report is and where its reply is read; give the browser a key."""
        platform, title = await self._platform(request)
        key = self._key(request) or secret.make(os.urandom(secret.SIZE))
        return self._keep(self._view(request, key).start(platform, title), key)

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Begin a draft."""
        platform, title = await self._platform(request)
        key = self._key(request)
        guard.check_form(await self.pages.token(request), key=key)
        path = f"/r/{platform}/{secret.make(os.urandom(secret.SIZE))}"
        at = _OpenDraft(platform=platform, title=title, path=path, key=key, draft=Draft())
        return self._on(request, at, Draft())

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show a question, or the numbers of the filed report."""
        at = await self._place(request)
        if at.draft is None:
            return self._view(request, at.key).lost(at.platform)
        wanted = _step(request)
        step = at.draft.step(wanted)
        if step != wanted:
            return self._keep(_redirect(f"{at.path}/{step}"), at.key)
        return self._keep(self._view(request, at.key).step(step, at.title, at.path, at.answers), at.key)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Keep an answer in the draft, or file the report once all are checked."""
        at, fields = await self._place(request), await self._fields(request)
        guard.check_form(_text(fields, "form"), key=at.key)
        if at.draft is None:
            return self._view(request, at.key).lost(at.platform)
        return await self._answering(request, at, fields)

    async def _answering(
        self, request: web.Request, at: _OpenDraft, fields: Mapping[str, bytes]
    ) -> web.StreamResponse:
        step, carried = _step(request), _lines(_text(fields, "carried"))
        at = replace(at, draft=replace(at.answers, why=at.answers.why or carried))
        # Also while a code is waited for, when the check page is not shown: a redirect would lose the text.
        if step == draft.CHECK and "change" in fields and at.answers.newest != draft.DONE:
            return self._page(request, at, at.answers.step(_text(fields, "change")))
        if at.answers.step(step) != step or step == draft.DONE:
            return self._keep(_redirect(f"{at.path}/{at.answers.newest}"), at.key)
        try:
            return self._on(request, at, await self._answered(request, at, fields))
        except VaultError as error:
            errors = self._view(request, at.key).errors(error, names=_FIELDS)
            answer = self._again(request, at, fields, errors=errors, status=_status(error))
            if step == draft.CHECK and error.reason == Reason.CONTACT_NOT_PROVED:
                return self._draft(answer, at, code.unproved(at.answers))
            return answer
        except (web.HTTPTooManyRequests, web.HTTPServiceUnavailable) as error:
            errors = {"": self._view(request).busy(many=error.status == HTTPStatus.TOO_MANY_REQUESTS)}
            answer = self._again(request, at, fields, errors=errors, status=error.status)
            answer.headers["Retry-After"] = error.headers["Retry-After"]
            return answer

    async def refuse_file(self, request: web.Request) -> web.StreamResponse:
        """Show the last page again in place of a form whose file was too large, of which nothing was read."""
        at = await self._place(request)
        view = self._view(request, at.key)
        if at.draft is None:
            return view.lost(at.platform)
        if at.answers.step(draft.CHECK) != draft.CHECK:  # the form had the text, which was not read either
            return self._keep(view.unsent(at.path), at.key)
        errors = {"evidence": view.too_large}
        return self._page(request, at, draft.CHECK, errors=errors, status=413)

    async def finish(self, request: web.Request) -> web.StreamResponse:
        """Forget the numbers in this browser."""
        at = await self._place(request)
        guard.check_form(await self.pages.token(request), key=at.key)
        answer = _redirect(f"/r/{at.platform}")
        for name, path in ((self._draft_cookie, at.path), (self._key_cookie, "/")):
            answer.set_cookie(name, "", max_age=0, path=path, secure=self._secure, httponly=True)
        return answer

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Show the form for number and secret."""
        platform, title = await self._platform(request)
        key = self._key(request) or secret.make(os.urandom(secret.SIZE))
        return self._keep(self._view(request, key).ask(platform, title), key)

    async def read(self, request: web.Request) -> web.StreamResponse:
        """Show a report's thread, or what is wrong with the numbers; add what the reporter answers."""
        platform, title = await self._platform(request)
        fields, key = await self._fields(request), self._key(request)
        guard.check_form(_text(fields, "form"), key=key)
        view, typed = self._view(request, key), _lines(_text(fields, "answer"))
        numbers = _numbers(fields, key=key, place=_reply(platform))
        try:
            _check_numbers(numbers)
        except InvalidFields as error:
            wrong = Answering(reference=numbers.reference, errors=view.errors(error), status=_status(error))
            return self._keep(view.ask(platform, title, wrong), key)
        sealed = draft.close_text(
            json.dumps([numbers.reference, numbers.secret]), key=key, place=_reply(platform)
        )
        sent = shown = Answering(numbers=sealed, typed=typed)
        try:
            self.limits.check_look(self._prefixes(request), now=self.pages.clock())
            with self.pages.shares.place(platform):
                if "answer" in fields:
                    shown = await self._supplemented(platform, numbers, sent, view)
                found = await self.pages.vault.run(
                    calls.follow_tip_off(platform, reference=numbers.reference, secret=numbers.secret)
                )
        except VaultError as error:
            # Wrong numbers are typed again; whatever else was sent comes back.
            unknown = error.reason == Reason.TIP_OFF_NOT_FOUND and not typed
            again = Answering(reference=numbers.reference) if unknown else sent
            again = replace(again, errors=view.errors(error), status=_status(error))
            return self._keep(view.ask(platform, title, again), key)
        except (web.HTTPTooManyRequests, web.HTTPServiceUnavailable) as error:
            later = error.headers["Retry-After"]
            again = replace(sent, errors={"": view.view.busy(later)}, status=error.status)
            answer = view.ask(platform, title, again)
            answer.headers["Retry-After"] = later
            return self._keep(answer, key)
        return self._keep(view.state(platform, title, found, shown), key)

    async def _supplemented(
        self, platform: str, numbers: _Numbers, sent: Answering, view: TipOffView
    ) -> Answering:
        """Add an answer; return the form that follows it: what is wrong and the text again, or neither."""
        try:
            await self._supplement(platform, numbers, sent.typed, key=view.view.key)
        except (InvalidFields, PreconditionFailed) as error:
            return replace(sent, errors=view.errors(error, names=_ANSWER), status=_status(error))
        return replace(sent, typed="", is_taken=True)

    async def _supplement(self, platform: str, numbers: _Numbers, answer: str, *, key: str) -> None:
        """Add what a reporter answers; raises VaultError. The same text again is the same request."""
        _check_lines(answer, limit=tip_off.SUPPLEMENT_LENGTH, field="answer")
        written = sha256(seal.encode("idvault/tip-off-answer/v1", numbers.reference, answer))
        request_id = secret.request_id(key, session_id=_reply(platform), step=written.hexdigest())
        await self.pages.vault.run(
            calls.supplement_tip_off(
                platform,
                reference=numbers.reference,
                secret=numbers.secret,
                answer=answer,
                request_id=request_id,
            )
        )

    async def _answered(self, request: web.Request, at: _OpenDraft, fields: Mapping[str, bytes]) -> Draft:
        """Return the draft with an answer, with what the vault says of a code, or with the filed report."""
        step, answers = _step(request), at.answers
        if step == draft.CHECK:
            return await self._file(request, at, fields)
        codes = code.ContactCodes(
            vault=self.pages.vault, shares=self.pages.shares, limits=self.limits, clock=self.pages.clock
        )
        visitor = code.Visitor(
            platform=at.platform,
            path=at.path,
            key=at.key,
            prefixes=self._prefixes(request),
            language=self._view(request).language,
        )
        if step == draft.CODE:
            if "skip" in fields:
                return code.unproved(answers)
            return await codes.confirm(visitor, answers, _line(_text(fields, "code")))
        answered = _answered(answers, step, fields)
        if step == draft.CONTACT and "prove" in fields and self.forms.proves_contact:
            return await codes.ask(visitor, answers, answered.contact or "")
        return answered

    async def _file(self, request: web.Request, at: _OpenDraft, fields: Mapping[str, bytes]) -> Draft:
        answers = at.answers
        report = WrittenReport(
            platform=at.platform,
            category=SanctionCategory(answers.category),
            where=answers.where,
            why=answers.why,
            contact=answers.contact or "",
            evidence=fields.get("evidence", b""),
            proof_id=answers.proof_id if answers.is_proved else "",
        )
        _check(report)
        self.limits.check_report(
            self._prefixes(request), form=at.platform, size=report.size, now=self.pages.clock()
        )
        with self.pages.shares.place(at.platform):
            call = calls.file_tip_off(report, request_id=_request_id(report, at))
            filed = await self.pages.vault.run(call)
        due = filed.due_time.ToDatetime(tzinfo=self.zone) - _TICK
        return Draft(
            reference=filed.reference,
            secret=filed.secret,
            due_day=due.astimezone(self.zone).date().isoformat(),
        )

    def _again(
        self,
        request: web.Request,
        at: _OpenDraft,
        fields: Mapping[str, bytes],
        *,
        errors: Mapping[str, str],
        status: int,
    ) -> web.StreamResponse:
        """Show a page again with what is wrong; a long text comes back as it was typed."""
        step = _step(request)
        if step == draft.WHY:
            at = replace(at, draft=replace(at.answers, why=_lines(_text(fields, draft.WHY))))
        return self._page(request, at, step, errors=errors, status=status)

    def _page(
        self,
        request: web.Request,
        at: _OpenDraft,
        step: str,
        *,
        errors: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.StreamResponse:
        view = self._view(request, at.key)
        return self._keep(
            view.step(step, at.title, at.path, at.answers, errors=errors, status=status), at.key
        )

    def _prefixes(self, request: web.Request) -> tuple[str, str]:
        return limits.prefixes(request, proxies=self.pages.proxies)

    async def _platform(self, request: web.Request) -> tuple[str, str]:
        platform = request.match_info["platform"]
        return platform, await self.forms.title(platform)

    async def _place(self, request: web.Request) -> _OpenDraft:
        platform, title = await self._platform(request)
        key, path = self._key(request), f"/r/{platform}/{request.match_info['draft']}"
        sealed = request.cookies.get(self._draft_cookie, "")
        found = draft.open_(sealed, key=key, place=path) if key else None
        return _OpenDraft(platform=platform, title=title, path=path, key=key, draft=found)

    async def _fields(self, request: web.Request) -> Mapping[str, bytes]:
        if request.content_type == "multipart/form-data":
            return multipart.fields(await request.read(), content_type=request.headers["Content-Type"])
        return {name: str(value).encode() for name, value in (await self.pages.form(request)).items()}

    def _on(self, request: web.Request, at: _OpenDraft, answers: Draft) -> web.StreamResponse:
        """Send the browser on with the answers so far; show the next page if a form must carry the text."""
        if answers.is_kept:
            return self._draft(_redirect(f"{at.path}/{answers.newest}"), at, answers)
        shown = self._page(request, replace(at, draft=answers), answers.newest)
        return self._draft(shown, at, answers)

    def _draft(self, answer: web.StreamResponse, at: _OpenDraft, answers: Draft) -> web.StreamResponse:
        """Give the browser the answers so far, as far as a cookie keeps them."""
        kept = answers if answers.is_kept else replace(answers, why="")
        answer.set_cookie(
            self._draft_cookie,
            draft.close(kept, key=at.key, place=at.path),
            max_age=LIFETIME,
            path=at.path,
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return self._keep(answer, at.key)

    def _keep(self, answer: web.StreamResponse, key: str) -> web.StreamResponse:
        guard.keep_key(answer, key, base_url=self.pages.base_url, name=_COOKIE, lifetime=LIFETIME)
        return answer

    def _key(self, request: web.Request) -> str:
        return guard.browser_key(request, base_url=self.pages.base_url, name=_COOKIE)

    def _view(self, request: web.Request, key: str = "") -> TipOffView:
        return TipOffView(
            view=self.pages.view(request, key),
            proves=self.forms.proves_contact,
            base_url=self.pages.base_url,
        )

    @property
    def _secure(self) -> bool:
        return self.pages.base_url.startswith("https://")

    @property
    def _key_cookie(self) -> str:
        return guard.cookie_name(self.pages.base_url, _COOKIE)

    @property
    def _draft_cookie(self) -> str:
        """The cookie of a draft, which a path keeps apart; such a cookie cannot have the prefix __Host-."""
        return f"__Secure-{_DRAFT}" if self._secure else _DRAFT


def _status(error: VaultError) -> int:
    return 422 if isinstance(error, InvalidFields) else status_of(error)


def _step(request: web.Request) -> str:
    return request.path.rpartition("/")[2]


def _redirect(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _text(fields: Mapping[str, bytes], name: str) -> str:
    try:
        return fields.get(name, b"").decode()
    except UnicodeDecodeError:
        raise web.HTTPBadRequest from None


def _line(typed: str) -> str:
    """Return a typed line without what is invisible, which telephones insert."""
    return "".join(each for each in typed.strip() if each.isprintable())


def _lines(typed: str) -> str:
    """Return a typed text with one kind of line end."""
    return "\n".join(map(_line, typed.strip().splitlines()))


def _answered(answers: Draft, step: str, fields: Mapping[str, bytes]) -> Draft:
    """Return the draft with an answer; raises InvalidFields."""
    given = _line(_text(fields, step))
    if step == draft.WHAT:
        if given not in SanctionCategory.__members__:
            raise _invalid({draft.WHAT: FieldCode.REQUIRED})
        return replace(answers, category=given)
    if step == draft.WHERE:
        _check_target(given)
        return replace(answers, where=given)
    if step == draft.WHY:
        why = _lines(_text(fields, step))
        _check_lines(why, limit=tip_off.TEXT_LENGTH, field=draft.WHY)
        return replace(answers, why=why)
    _check_contact(given)
    if given == answers.contact:  # a proof of it stays
        return answers
    return replace(code.unproved(answers), contact=given)


def _check_lines(text: str, *, limit: int, field: str) -> None:
    code = tip_off_rules.lines_code(text, limit=limit)
    if code is not None:
        raise _invalid({field: code})


def _check_target(where: str) -> None:
    try:
        tip_off_rules.check(TipOffTarget(TargetKind.CONTENT, where))
    except InvalidError as error:
        raise _invalid({each.field: each.code for each in error.violations}) from None


def _check_contact(contact: str) -> None:
    try:
        tip_off_rules.check_filing(text="-", contact=contact, evidence=(), content=b"")
    except InvalidError as error:
        raise _invalid({each.field: each.code for each in error.violations}) from None


def _check(report: WrittenReport) -> None:
    """Raise InvalidFields naming every wrong field of the last page."""
    try:
        tip_off_rules.check_filing(text=report.why, contact="", evidence=(), content=report.evidence)
    except InvalidError as error:
        raise _invalid({each.field: each.code for each in error.violations}) from None


def _numbers(fields: Mapping[str, bytes], *, key: str, place: str) -> _Numbers:
    """Return the numbers that were typed, or those that the page of the report has sealed."""
    sealed = draft.open_text(_text(fields, "numbers"), key=key, place=place)
    if sealed is None:
        return _Numbers(reference=_text(fields, "reference"), secret=_text(fields, "secret"))
    reference, digits = json.loads(sealed)
    return _Numbers(reference=reference, secret=digits)


def _check_numbers(numbers: _Numbers) -> None:
    """Raise InvalidFields naming number and secret if of another form; the vault names the first one."""
    wrong: dict[str, FieldCode] = {}
    for name, typed, count in (
        ("reference", numbers.reference, tip_off.REFERENCE_DIGITS),
        ("secret", numbers.secret, tip_off.SECRET_DIGITS),
    ):
        try:
            tip_off_rules.read_digits(typed, field=name, count=count)
        except InvalidError as error:
            wrong |= {each.field: each.code for each in error.violations}
    if wrong:
        raise _invalid(wrong)


def _invalid(fields: Mapping[str, FieldCode]) -> InvalidFields:
    return InvalidFields("INVALID_MESSAGE", "INVALID_ARGUMENT", fields=dict(fields))


def _request_id(report: WrittenReport, at: _OpenDraft) -> str:
    written = sha256(
        seal.encode("idvault/tip-off-form/v1", report.where, report.why, report.contact, report.evidence)
    )
    step = f"{report.category} {written.hexdigest()} {report.proof_id}".rstrip()
    return secret.request_id(at.key, session_id=at.path, step=step)


_PLATFORM = "/r/{platform:[a-z0-9-]{1,63}}"
_DRAFT_PATH = _PLATFORM + "/{draft:[0-7][0-9a-hjkmnp-tv-z]{25}}"
LARGE_FORMS = {
    web.DynamicResource(path).canonical: FORM_BYTES
    for path in (f"{_PLATFORM}/reply", *(f"{_DRAFT_PATH}/{step}" for step in draft.STEPS))
}
"""The forms with a file or a long text, as Pages.large_forms wants them."""
CHECK_FORM = web.DynamicResource(f"{_DRAFT_PATH}/{draft.CHECK}").canonical
"""The form with a file, as Pages.oversized wants it."""


def _reply(platform: str) -> str:
    return f"/r/{platform}/reply"


def routes(tip_offs: TipOffPages) -> list[web.RouteDef]:
    """Return what each address does."""
    return [
        web.get("/r", tip_offs.list),
        web.get(_PLATFORM, tip_offs.start),
        web.post(_PLATFORM, tip_offs.begin),
        web.get(f"{_PLATFORM}/reply", tip_offs.ask),
        web.post(f"{_PLATFORM}/reply", tip_offs.read),
        web.get(f"{_DRAFT_PATH}/{draft.DONE}", tip_offs.show),
        web.post(f"{_DRAFT_PATH}/{draft.DONE}", tip_offs.finish),
        *(web.get(f"{_DRAFT_PATH}/{step}", tip_offs.show) for step in draft.STEPS),
        *(web.post(f"{_DRAFT_PATH}/{step}", tip_offs.answer) for step in draft.STEPS),
    ]
