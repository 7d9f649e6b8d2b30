"""Other activity during the load: a monitor follows the log, and sometimes a record is disclosed."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idvault_people import identity_folder
from idvault_verify.offline.log.continuity import LogContinuity
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.v1 import transparency_pb2
from tools.demo.disclosure import DisclosureSteps
from tools.torture.soak.load import Load

_PAGE = 200


class People:
    """Auditors, custodians and a monitor of one deployment."""

    def __init__(self, document: Mapping[str, Any], *, public: Path, scratch: Path, load: Load) -> None:
        """Set the members' client settings, the public directory, a folder, and the load."""
        self._document = document
        self._load = load
        # One object for all disclosures: it remembers the used codes.
        self._steps = DisclosureSteps(scratch=scratch)
        folder = identity_folder.load(Path(document["identities"]["auditor-b"]))
        self._edge = folder.connect()
        self._continuity = LogContinuity(
            files=LogFolder(public),
            policy=CosignaturePolicy(folder.log_key.name, (folder.log_key,)),
            state=scratch / "monitor.checkpoint",
            max_age=None,
            now=time.time,
        )
        self._read = 0

    async def read_log(self) -> None:
        """Follow the published checkpoint, and read a page of entries over the wire."""
        await asyncio.to_thread(self._read_log)

    async def disclose(self) -> None:
        """Request a record, approve twice, open it and check its identity."""
        person, token = await self._load.verified()
        await asyncio.to_thread(self._disclose, person.name, person.number, token)

    def close(self) -> None:
        self._edge.close()

    def _read_log(self) -> None:
        self._continuity.follow()
        request = transparency_pb2.ListLogEntriesRequest(start_index=self._read, page_size=_PAGE)
        page = self._edge.call(
            "TransparencyService/ListLogEntries", request, transparency_pb2.ListLogEntriesResponse
        )
        self._read += len(page.entries)

    def _disclose(self, name: str, number: str, token: str) -> None:
        self._steps.request(self._document, account_token=token)
        self._steps.open(name=name, number=number)
