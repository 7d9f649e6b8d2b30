"""The checks of the doctor: what each looks at, and the section of the runbook about what it finds."""

from collections.abc import Mapping, Sequence

from idvault_people.console.visit import Visit

_READY = "IdvaultNotReady"
SECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("databases", "roster", "files", "keys", "servers", "shred-servers", "edge"), _READY),
    "log": "IdvaultLogStands",
    "checkpoint": "IdvaultLogNotCosigned",
    "witness": "IdvaultWitnessBehind",
    "drills": "IdvaultDrillOverdue",
    "hand-over": "IdvaultHandOverStalls",
    "erasures": "IdvaultErasuresLate",
    "disavowals": "IdvaultDisavowalsOverdue",
    "notifications": "IdvaultNotificationsDead",
    "records": "IdvaultRecordsWithoutKey",
    "disk": "IdvaultDiskFull",
    **dict.fromkeys(("database-clock", "registry-clock"), "IdvaultClockDoubted"),
    **dict.fromkeys(("registry", "registry-enterprise"), "IdvaultRegistryAway"),
    **dict.fromkeys(("tls-certificate", "tls-ca", "web-tls-certificate"), "IdvaultCertificateExpiresSoon"),
}
"""The section of docs/runbook.md about what each check finds."""


def check_name(check: str, visit: Visit) -> str:
    """Return what a check looks at, in words; its own name if it is of a newer vault."""
    return visit.say(f"check.{check}") if check in SECTIONS else check


def check_names(checks: Sequence[str], visit: Visit) -> str:
    """Return what several checks look at."""
    return visit.say("and_more").join(check_name(each, visit) for each in checks)
