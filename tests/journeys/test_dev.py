"""`idvault dev`: starts, prints how to call it, stops, is killed, and starts again."""

import asyncio
import json
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from idvault.core.config import Settings
from idvault.core.process import ProcessError
from idvault_dev.layout import PASSPHRASE
from idvault_people.moderation import key_folder
from tests.support.console import visiting
from tests.support.house import House, running
from tools.support import programs, traces
from tools.support.browser import browsing
from tools.support.sandbox import claim, fetch, verify, wait_for

# The setting IDVAULT_ACCOUNTS_PER_PERSON, unless it is set.
ACCOUNTS_OF_A_PERSON = Settings.model_fields["accounts_per_person"].default
# `idvault dev` whose platform edge is to have one port, and everything else any: no port is fixed in tests.
ON_ONE_PORT = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from idvault_dev.commands.processes import DevelopmentProcesses
from idvault_dev.layout import Layout
from idvault_dev.supervisor import FREE_PORTS
from idvault.core.fork_server import ForkServer

server = ForkServer.beside()
layout = Layout(Path(sys.argv[1]))
layout.create()
asyncio.run(DevelopmentProcesses(
    layout=layout, server=server, ports=replace(FREE_PORTS, platform=int(sys.argv[2])),
    ready_file=layout.ready, clock_file=None, registry_latency=0,
).run())
"""


def _gone(descriptors: list[int], *, seconds: float) -> bool:
    """Wait until every process has ended, by its pid file descriptor."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    left = set(descriptors)
    while left:
        ready = poll.poll(int(seconds * 1000))
        if not ready:
            return False
        for descriptor, _ in ready:
            poll.unregister(descriptor)
            left.discard(descriptor)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_everything(own_house: House, number: int) -> None:
    """SIGINT and SIGTERM end the supervisor with 0 and leave neither child nor ready file."""
    descriptors = [os.pidfd_open(pid) for pid in own_house.pids()]
    assert own_house.session.stop(number) == 0
    assert _gone(descriptors, seconds=0)
    assert not own_house.session.ready_file.exists()
    assert not list((own_house.state / "run").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seen", ["lock", "keys/work.keys", "run/mock-registry.json"])
def test_signal_during_the_start_is_a_clean_stop(tmp_path: Path, number: int, seen: str) -> None:
    """A stop while the state is prepared or children start ends with 0 and leaves no process."""
    state = tmp_path / "state"
    process = programs.start(programs.VAULT, "dev", "--state", state, "--ports", "free")
    assert wait_for((state / seen).exists)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.wait() == 0, told
    assert not (state / "ready.json").exists()
    assert not list((state / "run").iterdir())


def test_killed_supervisor_takes_its_children_along(own_house: House) -> None:
    """After kill -9 of the supervisor no child is left in two seconds; the next start keeps all accounts."""
    with own_house.vault() as vault:
        answer = verify(vault, own_house.registry.newcomer())
    descriptors = [os.pidfd_open(pid) for pid in own_house.pids()]
    own_house.session.process.kill()
    assert _gone(descriptors, seconds=2)
    assert own_house.session.ready_file.exists()
    own_house.session.process.wait()
    own_house.start()
    with own_house.vault() as vault:
        assert vault.get_status(answer.account_token) == answer.status


def test_second_supervisor_on_the_same_state_is_refused(house: House) -> None:
    """A state folder has one supervisor; a second one is refused and changes nothing."""
    done = house.command("--json", "dev", "--state", house.state, "--ports", "free")
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, error["reason"]) == (4, "ALREADY_RUNNING")
    assert str(house.ready["pids"]["dev"]) in error["text"]
    assert house.session.ready_file.exists()


def test_printed_lines_are_a_program(house: House, tmp_path: Path) -> None:
    """The example that dev prints runs unchanged, and again, beyond the limit of accounts of one person."""
    printed = house.session.output.read_text("utf-8")
    program = printed[printed.index("import uuid") :]
    assert house.ready["grpc"] in program
    accounts = set()
    for _ in range(ACCOUNTS_OF_A_PERSON + 1):
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        _, account, is_verified = done.stdout.split()
        assert is_verified == "True"
        accounts.add(account)
    assert len(accounts) == ACCOUNTS_OF_A_PERSON + 1


def test_the_consoles_are_named(house: House) -> None:
    """What `idvault dev` prints has the commands that open the pages of people."""
    told, programs = house.session.output.read_text("utf-8"), Path(sys.executable).parent
    for role in ("auditor", "custodian", "authority"):
        folder = house.ready["identities"][f"{role}-a"]
        assert f"{programs}/idvault-people {role} --identity {folder} console" in told
    state = Path(house.ready["state"])
    operator = house.ready["identities"]["operator"]
    vault = f"--vault {state / 'idvault-work'} --certificates {state / 'certificates'}"
    assert f"{programs}/idvault-people operator --identity {operator} console {vault}" in told
    folder = Path(house.ready["state"]) / "moderators" / "platform-a" / "moderator-a"
    client = f"{programs}/idvault-people moderator --ready-file {house.session.ready_file}"
    roster = house.ready["roster"]
    for moderator in ("moderator-a", "moderator-b"):
        here = f"--as {folder.with_name(moderator)} --roster {roster}"
        assert f"{client} --platform {moderator} desk {here}" in told
    assert key_folder.load(folder, password=PASSPHRASE).relying_party == "platform-a"


def test_a_moderator_of_development_is_made(house: House, tmp_path: Path) -> None:
    """The two whom development names countersign another one."""
    passphrase, folder = tmp_path / "passphrase", tmp_path / "moderator"
    passphrase.write_text(f"{PASSPHRASE.decode()}\n")
    given = ("--passphrase-file", passphrase)

    def people(*command: object) -> str:
        where = ("--ready-file", house.session.ready_file)
        made = programs.run(programs.PEOPLE, "moderator", *where, *command, *given)
        assert (made.returncode, made.stderr) == (0, "")
        return str(made.stdout)

    people("init", folder, "--platform", "platform-a")
    named = Path(house.ready["state"]) / "moderators" / "platform-a"
    sign = ("countersign", folder / "registration.json", "--as")
    assert people(*sign, named / "moderator-a").endswith("1 of 2 countersignatures\n")
    assert people(*sign, named / "moderator-b").endswith(" registered\n")


def test_ready_file_keeps_its_promise(house: House) -> None:
    """The ready file is private, and every file and process that it names exists."""
    ready = house.ready
    assert stat.S_IMODE(house.session.ready_file.stat().st_mode) == 0o600
    assert ready.keys() == {
        "version", "state", "grpc", "grpc_custody", "server_name", "ca", "certificates", "identities",
        "public_url", "pages", "metrics", "registry", "databases", "public", "log", "witness", "roster",
        "provider", "quorum", "pids", "logs",
    }  # fmt: skip
    names = {"platform-a", "platform-b", "operator", "auditor-a", "auditor-b", "monitor", "web", "registry"}
    names |= {"authority-a", "moderator-a", "moderator-b"}
    assert ready["certificates"].keys() == names | set(ready["quorum"]["custodians"])
    assert ready["quorum"]["custodians"] == ["custodian-a", "custodian-b", "custodian-c"]
    assert ready["quorum"]["threshold"] == 2
    paths = [ready["ca"], ready["public"], ready["roster"], ready["registry"]["population"]]
    paths += [
        path for entry in ready["certificates"].values() for path in (entry["certificate"], entry["key"])
    ]
    paths += [*ready["identities"].values(), *ready["logs"].values()]
    paths += [url.removeprefix("sqlite:///") for url in ready["databases"].values()]
    assert all(Path(path).exists() for path in paths)
    for pid in house.pids():
        os.kill(pid, 0)
    assert ready["log"]["public_key"].startswith(f"{ready['log']['origin']}+")


def test_the_pages_to_try_answer(house: House) -> None:
    """Each address is printed, and shows its page."""
    told = house.session.output.read_text("utf-8")
    pages = house.ready["pages"]
    served = ("hosted verification", "invitation", "my identity", "people to try", "components")
    for name in (*served, "report form", "reporter's page"):
        assert pages[name] in told
        assert b"<h1>" in fetch(pages[name])
    assert pages["public supervision"] == house.ready["public_url"]


def test_an_invitation_is_answered_by_clicks(own_house: House) -> None:
    """Each visit has another one, with incentive and date; what the person answers reaches the campaign."""
    with browsing() as browser:
        page = browser.new_page(locale="en-US")
        page.goto(own_house.ready["pages"]["invitation"])
        assert "A badge beside your nickname" in page.inner_text("main")
        page.get_by_role("button", name="Ask me later").click()
        page.get_by_role("link", name="Go to").click()
        page.get_by_role("heading", name="Please confirm: ask me later").wait_for()
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("heading", name="You will be asked later").wait_for()
        page.goto(own_house.ready["pages"]["invitation"])
        assert "A badge beside your nickname" in page.inner_text("main")
    with own_house.vault() as vault:
        [campaign] = vault.campaigns.list_page().campaigns
        total = vault.campaigns.progress(campaign.campaign_id).total
        assert (total.shown, total.later) == (2, 1)
        enforced = campaign.plan.enforcement_date
    assert enforced is not None
    assert enforced > campaign.created_at.date()


def test_the_platform_speaks_the_browsers_language(house: House) -> None:
    """In Chinese and English, as wide as the screen; so do terms and incentive."""
    start = house.ready["pages"]["people to try"].removesuffix("people")
    with browsing() as browser:
        for locale, heading, incentive in (
            ("zh-CN", "可以试用的页面", "昵称旁显示认证标志"),
            ("en-US", "Pages to try", "A badge beside your nickname"),
        ):
            page = browser.new_context(locale=locale, viewport={"width": 360, "height": 740}).new_page()
            page.goto(start)
            page.get_by_role("heading", name=heading).wait_for()
            assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [360, 360]
            assert page.locator("html").get_attribute("lang") == locale.removesuffix("-US")
            page.goto(f"{start}invitation")
            assert incentive in page.inner_text("main")
            assert "custodian-a" in page.inner_text("main")


def test_a_child_and_a_representative_can_be_tried(own_house: House) -> None:
    """With the names and numbers of one page: a parent beside the child, and the proof after the match."""
    start = own_house.ready["pages"]["people to try"].removesuffix("people")
    with browsing() as browser:
        page = browser.new_page(locale="zh-CN")
        page.goto(f"{start}people")
        found = page.locator("code").all_inner_texts()
        child, parent, company, legal = [found[at : at + 2] for at in range(2, 10, 2)]

        def begin(link: str) -> None:
            page.goto(f"{start}{link}")
            page.get_by_role("button", name="继续").click()
            page.get_by_role("link", name="前往").click()
            page.get_by_role("button", name="同意并继续").click()
            page.locator("main form input:not([type=hidden])").first.wait_for()

        def send(**typed: list[str]) -> None:
            for prefix, (name, number) in typed.items():
                page.locator(f"#{prefix}name").fill(name)
                page.locator(f"#{prefix}number").fill(number)
            page.locator("main form button").first.click()

        begin("verify")
        page.get_by_label("居民身份证", exact=True).check()
        page.get_by_role("button", name="继续").click()
        send(**{"": child})
        page.locator("#guardian_name").wait_for()
        send(**{"": child, "guardian_": parent})
        page.get_by_role("heading", name="认证通过").wait_for()
        page.get_by_role("link", name="返回").first.click()
        page.get_by_role("heading", name="已返回平台：已通过认证").wait_for()
        begin("verify")
        page.get_by_label("单位").check()
        page.get_by_role("button", name="继续").click()
        send(**{"": company, "representative_": legal})
        page.get_by_role("heading", name="还差一步").wait_for()
        page.get_by_role("link", name="返回").first.click()
        page.get_by_role("link", name="由法定代表人证明").wait_for()
        begin("representative")
        send(**{"": legal})
        page.get_by_role("link", name="前往").click()
        page.get_by_role("button", name="是本人 · It is me").click()
        page.get_by_role("button", name="查看结果").click()
        page.get_by_role("heading", name="贵单位已通过认证").wait_for()


def test_public_directory_is_served(house: House) -> None:
    """The public directory is served as files, and nothing outside it."""
    (Path(house.ready["public"]) / "hello").write_text("public")
    assert fetch(house.ready["public_url"] + "hello") == b"public"
    with pytest.raises(urllib.error.HTTPError):
        fetch(house.ready["public_url"] + "..%2froster.json")


def test_key_files_are_each_for_one_process(house: House) -> None:
    """There are three key files, encrypted and readable only by their owner."""
    files = sorted(path.name for path in (house.state / "keys").glob("*.keys"))
    assert files == ["custody.keys", "service.keys", "work.keys"]
    for name in files:
        assert stat.S_IMODE((house.state / "keys" / name).stat().st_mode) == 0o600


def test_busy_port_is_named_with_its_setting(tmp_path: Path) -> None:
    """With chosen ports, one that is in use ends the start before anything runs, and is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", ON_ONE_PORT, tmp_path / "state", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"PortBusyError: port {port} is in use (IDVAULT_LISTEN, platform edge)" in done.stderr


def test_damaged_clock_file_ends_the_start(tmp_path: Path) -> None:
    """A malformed clock file ends the start, and dev names the process and the cause."""
    house = House(tmp_path)
    house.clock.write_text("tomorrow")
    with pytest.raises(ProcessError, match="clock file"):
        house.start()


def test_hosted_pages_count_by_the_shifted_clock(tmp_path: Path) -> None:
    """A page tells the minutes that a session of a vault whose days are shifted has left."""
    for house in running(tmp_path):
        house.shift(timedelta(days=40))
        shop = urlsplit(house.ready["pages"]["hosted verification"])
        origin = f"{shop.scheme}://{shop.netloc}"
        with house.vault() as vault:
            made = vault.sessions.create(
                return_url=f"{origin}/verified", policy_version="1", policy_text="x", locale="en"
            )
        assert made.url is not None
        found = re.search(r"(\d+) minutes left", fetch(made.url).decode())
        assert found is not None
        assert 10 < int(found[1]) <= 15


def test_no_file_holds_a_name_or_number(tmp_path: Path) -> None:
    """With settled and waiting claims, running or killed: only the registry's file holds names or numbers."""
    for house in running(tmp_path):
        people = [house.registry.newcomer() for _ in range(3)]
        with house.vault() as vault:
            assert verify(vault, people[0]).succeeded
            house.registry.behave("down")
            assert claim(vault, people[1]).pending
            house.registry.behave("hang", count=1)
            assert claim(vault, people[2]).pending
        values = [text for person in people for text in (person.name, person.number)]
        own = [Path(house.ready["registry"]["population"])]
        assert traces.search(traces.files(house.state, without=own), values) == []
        house.session.kill()
        paths = traces.files(house.state, without=own)
        written = {"main.sqlite3", "shred.sqlite3", *(Path(log).name for log in house.ready["logs"].values())}
        assert written <= {path.name for path in paths}
        assert traces.search(paths, values) == []


async def test_the_operator_sees_this_vault(house: House, tmp_path: Path) -> None:
    """The console runs the program that dev wrote, and shows platforms, the log and what doctor finds."""
    folder, state = Path(house.ready["identities"]["operator"]), Path(house.ready["state"])
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(f"{PASSPHRASE.decode()}\n")
    given = ("operator", "--identity", folder, "--passphrase-file", passphrase, "console", "--no-browser")
    more = ("--vault", state / "idvault-work", "--certificates", state / "certificates")
    started = programs.start(programs.PEOPLE, *given, *more)
    try:
        assert "console: open" in await asyncio.to_thread(started.stdout.readline)
        async with visiting(folder / "console.html") as visitor:
            listed = await visitor.get("/platforms")
            assert (listed.status, "platform-b" in listed.words) == (200, True)
            assert "not known here" not in listed.words.partition("web")[0]
            assert "has verified the newest checkpoint" in (await visitor.get("/log")).words
            assert (await visitor.get("/doctor")).status == 200
            assert "does not answer" not in (await visitor.get("/")).words
            assert "State ready" in (await visitor.get("/storage")).words
            page = await visitor.get("/keys")
            assert "Check value" in page.words
            await visitor.post("/end", page)
        out, err = await asyncio.to_thread(started.communicate, 30)
    finally:
        started.kill()
    assert (started.returncode, out, err) == (0, "console: ended\n", "")
