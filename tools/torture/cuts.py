"""Promise 3: the connection to PostgreSQL is cut at each packet of a sign-up, including the answer to COMMIT.

The edge reaches both databases through a proxy, the worker directly. A person signs up while the n-th packet
is lost, for each n until a sign-up passes without a cut: once with the whole packet lost, once with half of
it. The request is repeated under its id; in the end each request has one record, and no answer was
contradicted.
"""

from idvault_client import Vault
from tools.torture.besieged import EDGES, WORK, Siege
from tools.torture.proxy import CuttingProxy
from tools.torture.tally import Tally

_MOST_PACKETS = 2_000


class Cuts(Siege):
    """One deployment on PostgreSQL whose database connections are cut repeatedly."""

    def run(self, count: int) -> Tally:
        """Cut at every packet, or at every count-th; return the tally."""
        self._besieged.start(WORK)
        with CuttingProxy(self._besieged.databases.main_url) as proxy:
            self._besieged.reach_databases(proxy.through)
            self._besieged.start(EDGES[0])
            with self._besieged.vault() as vault:
                for half in (False, True):
                    self._cut_everywhere(proxy, vault, half=half, step=count)
            self._besieged.reckon(self._book, tally=self.tally)
        return self.tally

    def _cut_everywhere(self, proxy: CuttingProxy, vault: Vault, *, half: bool, step: int) -> None:
        for packet in range(1, _MOST_PACKETS, step):
            if self._stop.is_set():
                return
            if not self._cut(proxy, vault, packet=packet, half=half):
                self.tally.worst("packets_of_a_sign_up", packet - 1)
                return

    def _cut(self, proxy: CuttingProxy, vault: Vault, *, packet: int, half: bool) -> bool:
        """Sign up a person while the n-th packet is lost; return whether a packet was lost."""
        before = proxy.cuts
        proxy.cut_at(packet, half=half)
        sign_up = self._book.newcomer(known=True)
        self._book.send(sign_up, vault)
        proxy.let_pass()
        was_cut = proxy.cuts > before
        self.tally.faults += was_cut
        # The caller gets no answer, or one that may not be final, so it repeats the request.
        self._book.send(sign_up, vault)
        return was_cut
