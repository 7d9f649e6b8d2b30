"""Goals that are hard to meet: where the time goes, what was tried, and what would be next.

A goal's page shows its text while the goal is not met.
"""

from collections.abc import Mapping

_GRPC = """\
- **Cost** (perf, GetStatus over SQLite, 64 calls in flight): interpreter 40 %, kernel 29 % (more
  than half of that are switches between the loop and gRPC's polling thread), gRPC's C core 18 %, libc 5
  %, SQLite 3 %, uvloop and asyncio 4 %. Our stages take 9 us of a call alone in a loop: access line and
  metrics 2.2, limits 2.4, receiving 2.2, access check 1.0.
"""
_TRIED = """\
- **Tried**: several acceptors in one process (-27 % over SQLite, -36 % over PostgreSQL, kept); groups
  of look-ups (kept); groups of calls (dropped: no gain beside several acceptors); statuses from row to
  bytes without objects (kept); a lower priority of the polling thread (2 to 5 %, dropped: a lone call
  waits behind other programs); a unary handler, no limit of concurrent calls, fewer garbage collections
  (no gain each).
"""
_NEXT = """\
- **Next**: a server that takes calls without a polling thread. `grpc.aio` wakes that thread and is
  woken by it four times a call, and its accept loop makes a task and an `asyncio.wait` for each call;
  neither can be changed from outside.
"""
NOTES: Mapping[str, str] = {
    "P1": """\
- **Cost**: an echo costs what gRPC costs, four completions a call over its polling thread.
- **Tried**: release of answers in groups. It does not make an echo cheaper on this kernel, where a
  scheduled batch task is interrupted by the polling thread all the same. An echo with 8 servers of gRPC at
  one port costs 15 % less than E1; `serve` has up to 48.
"""
    + _NEXT,
    "P2": _GRPC
    + _TRIED
    + """\
- **One call at a time** waits for four wake-ups between two cores, each tens of microseconds in a
  virtual machine: client to server, server to PostgreSQL and back. The bare look-up of the ceiling is
  measured beside PostgreSQL, on the same core.
"""
    + _NEXT,
    "P3": _GRPC + _TRIED + _NEXT,
    "P4": """\
- **Cost** (us for 1,000 statuses, alone in a loop): to decode and check a batch's tokens 150, to
  read and group them in PostgreSQL 200, to put them in the order of the request 240; a message of the
  feed: to read 170, to serialise 14. The rest is TLS and gRPC.
- **Tried**: one row for all equal statuses instead of one for each, parts that are serialised once,
  tokens checked and sent to PostgreSQL as one text, 1,000 statuses in a message of the feed (all kept:
  the feed from 15 to below 1 us, a batch from 2.3 us).
- **Next**: an answer in the order of the database, which the contract does not allow; larger windows of
  HTTP/2 for the feed.
""",
    "P5": """\
- **Cost** (perf): interpreter 55 %, kernel 12 %, sealing 12 %, gRPC 8 %, libc 4 %, asyncpg and
  uvloop 5 %. No function stands out: the largest are asyncpg's round trips (7 statements, two BEGIN and
  two COMMIT), sealing, and aiohttp 7 %. At the registry's cap of 90 a second
  nothing arrives together, so that each of about 30 wake-ups is paid alone.
- **Tried**: statements that travel together (20 to 7), a slot of the registry in an act that is there
  anyway, keys parsed once, bound values encoded in a third of the time (all kept). Several
  acceptors change nothing at this rate.
- **Next**: BEGIN sent with the first statement, which asyncpg cannot do; a client of one request for
  the registry in place of aiohttp; fewer values rebuilt between the layers.
""",
    "P8": """\
- **Note**: PostgreSQL's speed decides; the figure falls with whatever else runs on the host.
""",
    "P10": """\
- **Cost**: both processes share one core here, each with half of its time; each switch between
  the processes refills caches.
- **Tried**: several acceptors, so that a turn takes what has come (2.97 to 1.6 times in a disturbed
  run, kept).
- **Next**: measure with a core for each process; this host has two
  cores, and load and database need one.
""",
    "P12": """\
- **Cost**: what grows are trees: an index of a hundred times more rows is a level or two deeper, and
  its pages no longer all lie in the processor's and the database's caches. It shows most where an
  operation costs a few microseconds a row (one of 1,000 statuses, a change of the feed) or writes at
  random places of several indexes (an import, an invitation). On SQLite a purge that finds nothing looks
  into five indexes that nothing else had read, and took 0.4 to 1.0 ms.
- **Growth from 10^4 to 10^6**: at most 2.5 times on PostgreSQL and 3.2 on SQLite, where a linear cost would
  have grown a hundredfold.
- **Next**: none is needed for a service: no operation grows with the number of accounts, only with its
  logarithm and with what fits in a cache.
""",
    "P13": """\
- **Cost**: the stages of the edge take 9 us alone in a loop, and two to three times as much in the
  process.
- **Tried**: one timer for all limits, counters that are plain integers, access lines put together from
  kept parts (all kept).
- **Next**: the bare server has no stream for a request, no limit and no caller, so that its calls have
  two coroutines instead of eight; stages in one function would save two of them at most.
""",
}
