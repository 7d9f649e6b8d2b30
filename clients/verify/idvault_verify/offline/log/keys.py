"""Follows a log from the key that its reader knows to the keys that sign today."""

from dataclasses import replace

from idvault_verify.offline.log.files import LogFiles
from idvault_verify.transparency import log_key
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.log_key import LogKeyChange
from idvault_verify.transparency.note import VerifierKey


def followed(files: LogFiles, policy: CosignaturePolicy) -> CosignaturePolicy:
    """Return a policy with every later key of the log that one of its own leads to.

    Raises LogKeyError if the published announcements do not verify, and NotReachedError.
    """
    changes = _changes(files)
    found = (log_key.keys_of(each, changes) for each in policy.log_keys)
    return replace(policy, log_keys=tuple(dict.fromkeys(key for keys in found for key in keys)))


def every(files: LogFiles, policy: CosignaturePolicy) -> tuple[VerifierKey, ...]:
    """Return the log's earlier keys, too: for what custodians have signed, and witnesses in its time.

    Raises LogKeyError and NotReachedError.
    """
    changes = _changes(files)
    return tuple(key for known in policy.log_keys for key in log_key.every(known, changes))


def _changes(files: LogFiles) -> tuple[LogKeyChange, ...]:
    raw = files.read(log_key.FILE, limit=log_key.MOST_BYTES)
    return () if raw is None else log_key.decode(raw)
