"""A registry that begins to give notices: setup.toml names its feed, and a unit follows it."""

from urllib.request import urlopen

from tools.support.documented_install import VAULT, DocumentedInstall
from tools.support.sandbox import invent

UNIT = "idvault-notices"
_BEFORE = 'biz_id = "business"\n'
_TAKEN = 'idvault_registry_notices_total{kind="PERSON_ENDED"}'


def follow(installed: DocumentedInstall) -> str:
    """Do what the operations page says of such a registry; return what setup waits for, "" for nothing."""
    path, port = installed.plan / "setup.toml", installed.ports["registry"]
    given = f'notices_url = "https://localhost:{port}"\nnotice_keys = "{installed.notice_key}"\n'
    text = path.read_text("utf-8")
    path.write_text(text.replace(_BEFORE, f"{_BEFORE}{given}", 1), "utf-8")
    printed = installed.set_up("vault", VAULT)
    host = installed.hosts[VAULT]
    for unit in host.running:
        if "web" not in unit:
            host.stop(unit)
            host.start(unit)
    host.start(UNIT)
    return "".join(line for line in printed.splitlines() if " waiting " in line)


def give(installed: DocumentedInstall) -> None:
    """Let the registry say that somebody died whom no platform knows."""
    person = {"type": "RESIDENT_ID", "number": invent().number}
    installed.registry.notify({"kind": "PERSON_ENDED", "document": person})


def taken(installed: DocumentedInstall) -> int:
    """Return how many such notices the edges have taken since they were started."""
    found = 0.0
    for instance in ("a", "b"):
        settings = installed.hosts[VAULT].settings(f"idvault-platform@{instance}.env")
        with urlopen(f"http://{settings['IDVAULT_METRICS_LISTEN']}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        found += sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(_TAKEN))
    return int(found)
