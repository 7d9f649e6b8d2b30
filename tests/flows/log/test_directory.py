"""The index that the worker publishes: what is in the public directory, for any mirror.

It is published by a call, as by the worker: no method does it.
"""

from idvault.core.public_files import LocalPublicFiles
from idvault.log.acts.publication import publish_index
from idvault_verify.transparency import directory
from tools.support.log_world import LogWorld


async def test_the_index_names_what_is_published(log_world: LogWorld) -> None:
    """The log's files at the published size and all others; hidden files and links are not named."""
    files = LocalPublicFiles(directory=log_world.folder)
    await publish_index(files)
    assert await files.read("index") == b""
    await log_world.write(300)
    await log_world.worker().step()
    await files.write("report/2026-10.json", b"{}")
    await files.write("jwks.json", b"{}")
    (log_world.folder / ".hidden").write_bytes(b"")
    (log_world.folder / "report" / ".draft").write_bytes(b"")
    (log_world.folder / "link").symlink_to("/etc")
    (log_world.folder / "report" / "link").symlink_to("/etc/passwd")
    await publish_index(files)
    named = (log_world.folder / "index").read_text().splitlines()
    assert named == ["jwks.json", "report/2026-10.json", *directory.log_paths(300)]
    assert all((log_world.folder / name).is_file() for name in named)


async def test_an_index_that_has_not_changed_is_not_written(log_world: LogWorld) -> None:
    """The file stays the same one until something is published."""
    await log_world.write(5)
    await log_world.worker().step()
    files = LocalPublicFiles(directory=log_world.folder)
    await publish_index(files)
    first = (log_world.folder / "index").stat().st_ino
    await publish_index(files)
    assert (log_world.folder / "index").stat().st_ino == first
    await log_world.write(1)
    await log_world.worker().step()
    await publish_index(files)
    assert "tile/0/000.p/6" in (log_world.folder / "index").read_text().splitlines()
