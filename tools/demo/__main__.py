"""The whole product end to end, each step checked: `scripts/demo [--state DIR]`."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from clients.examples.im_backend import Form, ImBackend
from idvault_client import (
    Consent,
    FieldCode,
    InvalidFields,
    NotFound,
    RequestIdReused,
    Vault,
    Verification,
    resident_id,
    testing,
)
from idvault_dev.session import Session
from idvault_verify.claim import Identity
from tools.demo import authority, browsing, organization
from tools.demo.authority import AuthoritySteps
from tools.demo.console import ConsoleSteps
from tools.demo.content import ContentSteps
from tools.demo.disavowal import DisavowalSteps
from tools.demo.disclosure import DisclosureSteps
from tools.demo.erasure import ErasureSteps
from tools.demo.fork import ForkSteps
from tools.demo.history import HistorySteps
from tools.demo.hosted import TEXT, HostedSteps
from tools.demo.identity import SEEN, IdentitySteps
from tools.demo.legacy import LegacySteps
from tools.demo.log import LogSteps
from tools.demo.offline import OfflineSteps
from tools.demo.order import OrderSteps
from tools.demo.proof import ProofSteps
from tools.demo.public_account import PublicAccountSteps
from tools.demo.report import ReportSteps
from tools.demo.sanction import SanctionSteps
from tools.demo.step import DemoStep, StepError, check, run
from tools.demo.tip_off import TipOffSteps
from tools.demo.told import ADDRESS, ToldSteps
from tools.demo.usage import UsageSteps
from tools.support import open_record, programs, traces
from tools.support.sandbox import (
    Person,
    Registry,
    decided,
    invent,
    verify,
    wait_for,
    with_wrong_check,
)


class Demo:
    """The steps in order; later steps use the results of earlier ones."""

    def __init__(self, *, state: Path, scratch: Path) -> None:
        """Set the state folder and a scratch folder for everything else."""
        self._state = state
        self._scratch = scratch
        self._history = HistorySteps(scratch=scratch)
        clock = ("--clock-file", str(self._history.clock))
        self._session = Session(
            server=programs.server(),
            state=state,
            output=scratch / "dev.log",
            arguments=("--ports", "free", *clock),
        )
        self._ready: dict[str, Any] = {}
        self._anna, self._bert, self._carl = invent(), invent(), invent()
        self._company, self._stranger = testing.invent_organization(), testing.invent_organization()
        self._malformed = with_wrong_check(invent().number)
        self._form = Form("晴空", self._anna.name, self._anna.number)
        self._token = ""
        self._silent = ""
        self._log, self._log_size = LogSteps(scratch=scratch), 0
        self._disclosure = DisclosureSteps(scratch=scratch)
        self._eve = invent()
        self._console = ConsoleSteps(person=self._eve, disclosure=self._disclosure)
        self._others = (invent(), invent(), invent(), invent())
        self._order = OrderSteps(self.vault, lambda: self._ready, self._disclosure, scratch=scratch)
        told = self._told = ToldSteps(self.vault, lambda: self._ready)
        self._authority = AuthoritySteps(self.vault, lambda: self._ready, self._order, told, scratch=scratch)
        self._greta = invent()
        self._hosted = HostedSteps(person=self._greta)
        self._identity = IdentitySteps(
            people=self._others[:3], vault=self.vault, ready=lambda: self._ready, state=state, scratch=scratch
        )
        self._proof = ProofSteps(self.vault, lambda: self._ready, self._disclosure, state=state)
        self._disavowal = DisavowalSteps(
            self.vault, lambda: self._ready, self._disclosure, self._history.shift, self._others[3]
        )
        self._fork = ForkSteps(scratch=scratch)
        self._offline = OfflineSteps(scratch=scratch)
        self._usage = UsageSteps(self.vault, lambda: self.registry)
        self._legacy = LegacySteps(scratch=scratch)
        self._erasure = ErasureSteps(scratch=scratch, ready_file=self._legacy.ready_file)
        self._report = ReportSteps(self._legacy.end_month, scratch=scratch)
        self._tip_off = TipOffSteps(self._legacy, scratch=scratch)
        self._content = ContentSteps(self._legacy.ready_file)
        self._sanctioned = testing.invent_organization()
        self._sanction = SanctionSteps(scratch=scratch, company=self._sanctioned)
        self._publisher, self._dora = testing.invent_organization(), invent()
        self._public = PublicAccountSteps(company=self._publisher, person=self._dora)

    def steps(self) -> list[DemoStep]:
        """Return each step with its printed name."""
        owners, pages = self._steps_of_owners(), self._steps_of_pages()
        people, legacy = self._steps_of_people(), self._steps_of_legacy()
        return [*self._steps_of_platforms(), *owners, *pages, *people, *legacy]

    def _steps_of_platforms(self) -> list[DemoStep]:
        return [
            ("the vault starts on this machine", self.start),
            ("a person signs up, is verified, and is shown by nickname and badge", self.sign_up),
            ("a name that does not belong to the number is refused: MISMATCH", self.mismatch),
            ("a malformed number is refused before the registry is asked: CHECK_DIGIT", self.malformed),
            (
                "an organisation whose representative proves to be present shows its category: COMPANY",
                self.organization,
            ),
            ("the log verifies, from the database and from its public files", self.log),
            ("after one byte is changed in a copy, verification names the entry", self._log.tamper),
            ("a taxi service checks a rider's credential offline", self.credential),
            ("the owner's receipt proves what was sealed, with the log's key alone", self.receipt),
            (
                "a company is warned and limited by a moderator's signature, and not without reasons",
                self.warn,
            ),
            (
                "one moderator cannot close its account, two can, and the public list says INVALID",
                self.close_account,
            ),
            (
                "the closed company appeals, another moderator upholds it, and its public account is back",
                self.appeal,
            ),
            ("each lift ends only its own sanction", self.restore),
            ("a closed owner does not come back under a new account: PERSON_CLOSED", self.close_person),
            (
                "a company opens a public account, and readers see its category and standing",
                self.open_public_account,
            ),
            ("it names an operator, whose right is gone after the removal", self.operate_public_account),
            (
                "a person's second account is no way around the limit of public accounts",
                self.limit_public_accounts,
            ),
            ("the public accounts of the day are exported as a filing", self.file_public_accounts),
            ("a sign-up is pending while the registry is down, and is settled when it is back", self.outage),
            ("a repeated request returns the same claim without asking the registry", self.repeat),
            ("the same request id with another body is refused: REQUEST_ID_REUSED", self.reuse),
            ("another platform cannot find the account: NOT_FOUND", self.other_platform),
            ("what platforms used agrees with what the registry has charged", self._usage.agree),
            ("a checkpoint kept from earlier proves that the log has only grown", self.log_again),
        ]

    def _steps_of_owners(self) -> list[DemoStep]:
        who = self._identity
        return [
            ("two moderators withdraw a stranger's verification, and its sanction stays", who.withdraw),
            ("two others narrow that sanction, and its person must prove to be present", who.narrow),
            ("the account's holder appeals, and they give the verification back", who.reinstate),
            ("two moderators see a passport and sign, and the platform reads DOCUMENT_SEEN", who.review),
            ("a notice of the registry ends somebody: name and number alone verify nobody again", who.notice),
        ]

    def _steps_of_pages(self) -> list[DemoStep]:
        return [
            (
                "a person verifies by clicks on the vault's own page, and the platform learns no name",
                self.hosted,
            ),
            (
                "a person proves to be present at a provider, and the platform reads HOLDER",
                self._identity.prove,
            ),
            ("a child's name and number alone verify nobody: GUARDIAN_REQUIRED", self._proof.refuse_child),
            ("with a parent's they do, and the platform reads nothing of an age", self._proof.guard_child),
            ("a provider vouches without a name, and an auditor opens its id alone", self._proof.vouch),
            ("somebody reports a rumour on the web, and reads its state by number and secret", self.reported),
        ]

    def _steps_of_people(self) -> list[DemoStep]:
        return [
            ("an auditor requests a record, and one custodian's share does not open it", self.one_custodian),
            ("a custodian refuses a request that is not in the log: NOT_IN_LOG", self.not_in_log),
            (
                "a custodian's wrong share is named, and the other two custodians' shares open the record",
                self.two_custodians,
            ),
            ("evidence proves the name without a key, and no other name: OTHER_ENTRY", self.evidence),
            ("operator and auditor open a record behind the log, and cancel the request", self.silent),
            ("a copy of the vault with another log gets no share: LOG_NOT_WITNESSED", self.forked),
            ("an auditor opens a record by clicks in the console, masked until asked for", self.console),
            (
                "an authority orders a warning, the platform checks it and carries it out",
                self._order.carry_out,
            ),
            *self._authority.steps(),
            ("after the embargo the person's history shows both disclosures, with proof", self.history),
            (
                "a person disowns an account in her name, it is withdrawn, and she reads who opened it",
                self._disavowal.disown,
            ),
            ("a custodian opens a drill record, and no share leaves that machine", self.drill),
            ("a control search finds a planted name in every file and encoding", self.control),
            ("no file of the running vault holds a name or a number", self.search),
            ("the vault stops cleanly", self.stop),
            ("no remaining file holds a name or a number", self.search),
            (
                "the taxi service checks the credential again while the vault is stopped",
                self.credential_again,
            ),
            ("in a copy of the vault the account is closed, and the next list says INVALID", self.closed),
            (
                "the vault refuses databases restored to an older state than the witness has seen",
                self.roll_back,
            ),
        ]

    def _steps_of_legacy(self) -> list[DemoStep]:
        return [
            ("500 legacy accounts are imported, each exactly once", self._legacy.import_accounts),
            ("two reports of rumours arrive by mail, and a bounce is not a report", self._tip_off.arrive),
            ("a campaign invites their owners over simulated days", self._legacy.run_campaign),
            ("a report is upheld on the sixth day: a warning, and a reply to read", self._tip_off.uphold),
            ("posts of unknown authors are removed, one is put back, one on appeal", self._content.remove),
            ("the other is overdue: in the list, the metrics, the log and the page", self._tip_off.miss),
            ("no file of that vault holds a reporter's words or address", self._tip_off.search),
            ("a stranger mirrors the public files, and recomputes the month's report", self._report.mirror),
            (
                "it names the platform that was late, and how often is recomputed",
                self._report.name_late,
            ),
            ("a forged figure is refused, with the signature and without", self._report.forge),
            ("the page of public supervision names log, witness and report", self._report.supervise),
            ("an account is erased a week after its owner asked, for good", self._erasure.erase),
            ("eight days later its record and keys are gone, and a receipt proves it", self._erasure.destroy),
            ("the week's public statements say how often and why, not which posts", self._content.publish),
            ("no owner is locked out for not answering or for failing", self._legacy.nobody_is_locked_out),
        ]

    def start(self) -> None:
        """Start the processes and register three people at the registry."""
        self._identity.begin()
        self._proof.begin()
        self._ready = self._session.start()
        self._told.begin(self._state)
        browsing.begin()
        self._usage.begin()
        self.registry.add(self._anna, self._bert, self._carl)

    @property
    def registry(self) -> Registry:
        return Registry(self._ready["registry"]["admin_url"])

    def vault(self, platform: str = "platform-a") -> Vault:
        return testing.connect(self._session.ready_file, platform=platform, timeout=10)

    def sign_up(self) -> None:
        """The example backend signs up a person."""
        with self.vault() as vault:
            backend = ImBackend(vault)
            verification = backend.sign_up(self._form)
            check(
                verification is not None and decided(vault, verification).succeeded,
                "the sign-up should succeed",
            )
            check(backend.profile("晴空") == "晴空 ✓", "the profile should be the nickname and the badge")
            user = backend.user("晴空")
            backend.close()
        self._token = (user.account_token if user else None) or ""
        check(self._token.startswith("acct_"), "the backend should keep an account token")

    def mismatch(self) -> None:
        """A person signs up with somebody else's number."""
        with self.vault() as vault:
            answer = verify(vault, Person(self._carl.name, self._bert.number))
        check(answer.failed and answer.failure_reason.name == "MISMATCH", "the answer should be MISMATCH")
        check(not answer.status.is_verified, "nobody should be verified")

    def malformed(self) -> None:
        """A number with a wrong check digit never reaches the registry."""
        before = self.registry.charged()
        with self.vault() as vault:
            try:
                verify(vault, Person(self._bert.name, self._malformed))
            except InvalidFields as error:
                check(error.code == "INVALID_ARGUMENT", "the code should be INVALID_ARGUMENT")
                check(
                    error.fields == {"document.number": FieldCode.CHECK_DIGIT},
                    "the field should be document.number with CHECK_DIGIT",
                )
            else:
                raise StepError("the number should be refused")
        check(self.registry.charged() == before, "nobody should be charged")

    def organization(self) -> None:
        """Its four elements match, and its representative proves to be present; others get no badge."""
        self.registry.add_organizations(self._company)
        with self.vault() as vault:
            organization.show(vault, self._company, self._stranger, ready=self._ready)

    def log(self) -> None:
        """Verify the log against a checkpoint that a monitor keeps."""
        self._log_size = self._log.follow(self._ready)
        self._log.verify()

    def log_again(self) -> None:
        """Follow the log from the kept checkpoint."""
        check(self._log.follow(self._ready) > self._log_size, "the log should have grown")

    def roll_back(self) -> None:
        """Restore both databases to an older state; the witness remembers the newer one."""
        self._log.roll_back(self._state)

    def credential(self) -> None:
        """A third party checks a credential with published files."""
        with self.vault() as vault:
            self._offline.receive(vault, self._ready, account_token=self._token)

    def warn(self) -> None:
        """A company's account gets two sanctions."""
        self.registry.add_organizations(self._sanctioned)
        with self.vault() as vault:
            self._sanction.warn(vault, self._ready)

    def close_account(self) -> None:
        """Two moderators close it."""
        with self.vault() as vault:
            self._sanction.close(vault, self._ready)

    def appeal(self) -> None:
        """A third moderator decides about the closing."""
        with self.vault() as vault:
            self._sanction.appeal(vault, self._ready)

    def restore(self) -> None:
        """What is left is lifted."""
        with self.vault() as vault:
            self._sanction.restore(vault)

    def close_person(self) -> None:
        """Not the account but its owner is sanctioned."""
        with self.vault() as vault:
            self._sanction.close_person(vault, self._ready)

    def open_public_account(self) -> None:
        """A company publishes to many."""
        self.registry.add_organizations(self._publisher)
        self.registry.add(self._dora)
        with self.vault() as vault:
            self._public.open(vault, self._ready)

    def operate_public_account(self) -> None:
        """Somebody publishes for the company."""
        with self.vault() as vault:
            self._public.operate(vault)

    def file_public_accounts(self) -> None:
        """A line for the company, with its licence."""
        self._public.file(self._session.ready_file, self._scratch)

    def limit_public_accounts(self) -> None:
        """A person with two accounts gets one public account."""
        with self.vault() as vault:
            self._public.limit(vault)

    def receipt(self) -> None:
        """Check the receipt of the first sign-up."""
        with self.vault() as vault:
            self._offline.prove(vault, self._ready, request_id=self._form.id)

    def credential_again(self) -> None:
        """The check needs no running vault."""
        self._offline.check_again()

    def closed(self) -> None:
        """The published status follows the account."""
        self._offline.close(self._state, account_token=self._token)

    def outage(self) -> None:
        """A sign-up during an outage is pending; the backend asks again by request id only."""
        before = self.registry.charged()
        self.registry.behave("down")
        with self.vault() as vault:
            try:
                backend = ImBackend(vault)
                verification = backend.sign_up(Form("流云", self._bert.name, self._bert.number))
                check(verification is not None and verification.pending, "the sign-up should be pending")
                check(backend.profile("流云") == "流云", "there should be no badge yet")
            finally:
                self.registry.behave("normal")
            settled = wait_for(lambda: backend.poll() > 0 or not backend.waiting())
            check(settled, "the claim should be settled")
            check(backend.profile("流云") == "流云 ✓", "the badge should be there now")
            backend.close()
        check(self.registry.charged() == before + 1, "the registry should have charged once")

    def repeat(self) -> None:
        """Send the first sign-up again."""
        before = self.registry.charged()
        with self.vault() as vault:
            again = self._send_again(vault, self._anna)
        check(again.succeeded and again.account_token == self._token, "it should be the same claim")
        check(self.registry.charged() == before, "the registry should not be asked again")

    def reuse(self) -> None:
        """Send the first request id with another person."""
        with self.vault() as vault:
            try:
                self._send_again(vault, self._carl)
            except RequestIdReused:
                return
        raise StepError("the request id should be refused")

    def other_platform(self) -> None:
        """A second platform asks for the first platform's account."""
        with self.vault() as vault:
            check(vault.get_status(self._token).is_verified, "the owner should see the account")
        with self.vault("platform-b") as vault:
            try:
                vault.get_status(self._token)
            except NotFound as error:
                check(error.code == "NOT_FOUND", "the code should be NOT_FOUND")
                return
        raise StepError("the account should not be found")

    def one_custodian(self) -> None:
        """One share opens nothing: neither through the service nor with both databases."""
        self._disclosure.request(self._ready, account_token=self._token, wrong_share=True)
        for name in self._ready["quorum"]["custodians"]:
            try:
                self._open_by_keys([name])
            except open_record.NotOpenedError:
                continue
            raise StepError(f"the share of {name} alone should open nothing")

    def not_in_log(self) -> None:
        """A lying server gets no share."""
        self._disclosure.refuse_what_is_not_in_the_log()

    def two_custodians(self) -> None:
        """A wrong share blocks nothing; two good ones reveal the identity, and only to the auditor."""
        self._disclosure.open_despite_a_wrong_share(name=self._anna.name, number=self._anna.number)
        # Shows that one custodian's keys opened nothing only because the second share was missing.
        found = self._open_by_keys(["custodian-a", "custodian-b"])
        check(
            (found.name, found.document.number) == (self._anna.name, self._anna.number),
            "both keys and both databases should open it, too",
        )

    def evidence(self) -> None:
        """A forger who has the data key and the auditor's signing key cannot prove another name."""
        self._disclosure.prove(name=self._anna.name)

    def forked(self) -> None:
        """Members are shown a second log, which no witness has cosigned; the attacker has all server keys."""
        self._fork.refuse(self._state, account_token=self._token)

    def silent(self) -> None:
        """After M shares are released, no later step is needed to decrypt; the history will say so."""
        self._silent = self._disclosure.disclose_in_silence(account_token=self._token, name=self._anna.name)

    def hosted(self) -> None:
        """The platform sends a browser to the vault's page, and learns no name."""
        self.registry.add(self._greta)
        self._hosted.verify(self._ready)

    def reported(self) -> None:
        """Anybody reports something to the platform."""
        self._hosted.report(self._ready)

    def console(self) -> None:
        """Another auditor works with pages, in a browser on their own machine."""
        self.registry.add(self._eve)
        with self.vault() as vault:
            self._console.disclose(vault, self._ready)

    def history(self) -> None:
        """The account's platform fetches the history 92 days later, and the person checks it offline."""
        self._history.show(self._ready, ready_file=self._session.ready_file, account_token=self._token)
        told = self._history.disclosed()
        check(len(told) == 2 and self._silent in told, "the cancelled disclosure should be listed")

    def drill(self) -> None:
        """A custodian shows, as every 90 days, that the custodian's key opens a share."""
        self._disclosure.drill("custodian-c")

    def control(self) -> None:
        """Check that the search finds planted text, and the people in the registry's own file."""
        values = self._secrets()
        for encoding, needle in (
            (name, form) for value in values for name, form in traces.encodings(value).items()
        ):
            path = self._scratch / "control"
            path.write_bytes(os.urandom(5_000) + needle + os.urandom(5_000))
            hits = traces.search([path], values)
            check(bool(hits), f"the search should find {encoding}")
        known = json.loads(Path(self._ready["registry"]["population"]).read_text("utf-8"))["people"]
        found = traces.search(
            [Path(self._ready["registry"]["population"])], [known[0]["name"], known[0]["number"]]
        )
        check(len(found) >= 2, "the search should find the registry's own people in its own file")

    def search(self) -> None:
        """Search every file that the vault wrote."""
        paths = traces.files(self._state, without=[Path(self._ready["registry"]["population"])])
        written = {Path(self._ready["databases"]["main"].removeprefix("sqlite:///"))}
        written |= {Path(path) for path in self._ready["logs"].values()}
        check(written <= set(paths), "the database and every log should be among the files")
        hits = traces.search([*paths, self._session.output], self._secrets())
        check(not hits, f"found in {sorted({f'{hit.path.name} ({hit.encoding})' for hit in hits})}")

    def stop(self) -> None:
        """Stop as Ctrl-C does."""
        begin = time.monotonic()
        check(self._session.stop() == 0, "the exit code should be 0")
        check(time.monotonic() - begin < 10, "it should take less than 10 s")
        check(not self._session.ready_file.exists(), "the ready file should be gone")

    def close(self) -> None:
        """Leave no process behind, even after a failure."""
        browsing.end()
        self._identity.end()
        self._proof.end()
        self._told.close()
        self._session.close()
        self._legacy.close()

    def _open_by_keys(self, custodians: list[str]) -> Identity:
        """Open the first record with these custodians' keys and both databases."""
        payload = open_record.open_record(
            self._ready, account_token=self._token, custodians=custodians, passphrase=b"development"
        )
        return payload.named

    def _secrets(self) -> list[str]:
        persons = (self._anna, self._bert, self._carl, self._dora, self._eve, self._greta, *self._others)
        people: list[Any] = [*persons, self._order.person, self._company, self._stranger]
        people += [each.representative for each in (self._company, self._stranger)]
        said = (TEXT, *SEEN, ADDRESS, authority.REFERRED, authority.CALLED)
        names = [text for each in people for text in (each.name, each.number)]
        return [self._malformed, *said, *self._proof.secrets, *names]

    def _send_again(self, vault: Vault, person: Person) -> Verification:
        consent = Consent("terms-3", self._form.agreed_at)
        document = resident_id(person.number)
        return vault.verify_individual(person.name, document, consent=consent, request_id=self._form.id)


def main() -> int:
    """Read the command line, run, and leave no process behind."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--state", type=Path, help="keep the vault's state in this folder (default: a new one, removed)"
    )
    arguments = parser.parse_args()
    programs.fork_from_here()
    with tempfile.TemporaryDirectory(prefix="idvault-demo-") as folder:
        scratch = Path(folder)
        demo = Demo(state=(arguments.state or scratch / "state").absolute(), scratch=scratch)
        try:
            return run(demo.steps())
        finally:
            demo.close()


if __name__ == "__main__":
    sys.exit(main())
