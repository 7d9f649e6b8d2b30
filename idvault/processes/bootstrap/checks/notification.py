"""The operator's check of notifications: the file can be used, and no message was given up or waits for long.

- The file is beside the worker's key file; without that setting here, only messages are looked at.
"""

import asyncio
from datetime import timedelta

from idvault.core.check import AilmentError
from idvault.notification import store
from idvault.processes.bootstrap.base import Deployment
from idvault.processes.notifier import file
from idvault.processes.notifier.file import NotifyFileError

_LATE = timedelta(hours=1)


async def check_notifications(deployment: Deployment) -> None:
    """Raise AilmentError for an unusable file, a dead message or a late one."""
    keys = deployment.settings.keys
    try:
        if keys.name:
            await asyncio.to_thread(file.read, file.beside(keys))
    except NotifyFileError as error:
        raise AilmentError(f"{file.NAME} cannot be used: {error}") from error
    except OSError as error:
        raise AilmentError(f"{file.NAME} cannot be read: {error.strerror}") from error
    dead, oldest = await deployment.main.read("notification.levels", store.levels)
    if dead:
        raise AilmentError(
            f"{dead} messages to recipients were given up: `idvault notify dead` says to whom and why"
        )
    if oldest is not None and deployment.real_now() - oldest > _LATE:
        raise AilmentError(
            "a message has not arrived for an hour: `idvault notify list` says whose server refuses it"
        )
