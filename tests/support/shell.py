"""`idvault` for the shell scripts that tests run: each call is forked (tools/support/programs.py).

A call costs the start of a bare interpreter, which imports nothing of the product.
"""

import json
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import close, pathsep
from pathlib import Path
from threading import Thread

from idvault.core.fork_server import Program
from tools.support import programs

_SIZE = 4
_NAME = "idvault"
# It hands over its arguments, environment, folder and files, passes on what is to stop it, and ends with the
# code of the forked program. A signal waits until it knows whom to tell.
_CALL = f"""#!{sys.executable} -IS
import json, os, signal, socket, sys
STOP = (signal.SIGINT, signal.SIGTERM)
signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
server = socket.socket(socket.AF_UNIX)
server.connect(os.path.join(os.path.dirname(os.path.abspath(__file__)), "socket"))
call = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(server, [len(call).to_bytes({_SIZE}, "big")], [0, 1, 2])
server.sendall(call)
told = server.makefile("rb")
pid = int.from_bytes(told.read({_SIZE}), "big")
for number in STOP:
    signal.signal(number, lambda number, _: os.kill(pid, number))
signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)
code = told.read({_SIZE})
sys.exit(int.from_bytes(code, "big", signed=True) if code else 125)
"""


@contextmanager
def forking() -> Iterator[str]:
    """Yield a start of PATH with which scripts find `idvault` for the duration of the block."""
    with (
        tempfile.TemporaryDirectory(prefix="idvault-shell-") as name,
        socket.socket(socket.AF_UNIX) as server,
    ):
        program = Path(name) / _NAME
        program.write_text(_CALL, "utf-8")
        program.chmod(0o700)
        server.bind(str(program.with_name("socket")))
        server.listen()
        Thread(target=_serve, args=(server,), daemon=True).start()
        try:
            yield pathsep.join((name, str(Path(sys.executable).parent)))
        finally:
            server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket) -> None:
    while True:
        try:
            call, _ = server.accept()
        except OSError:
            return
        Thread(target=_answer, args=(call,), daemon=True).start()


def _answer(call: socket.socket) -> None:
    """Run one call; one that cannot be forked is answered by the end of the connection."""
    with closing(call):
        head, files, _, _ = socket.recv_fds(call, _SIZE, 3)
        with call.makefile("rb") as rest:
            arguments, environment, folder = json.loads(rest.read(int.from_bytes(head, "big")))
        program = Program(entry=programs.VAULT, arguments=arguments, environment=environment, folder=folder)
        started = programs.server().start(program, files=(files[0], files[1], files[2]))
        for file in files:
            close(file)
        call.sendall(started.pid.to_bytes(_SIZE, "big"))
        call.sendall(started.wait().to_bytes(_SIZE, "big", signed=True))
