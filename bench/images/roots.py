"""Programs inside images, as a cluster would start them: the image's own command, user and environment, and our settings."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.images.buildah import REPOSITORY, BuildError, ImageConfig, config_of, image_id, mounted, size_bytes
from scripts.images.rootfs import inside
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program, service_environment

_WITHIN_S = 120
# What a program finds out about itself, and what it should be.
_TRY = """
import errno, os
from pathlib import Path
print("user=%d:%d" % (os.getuid(), os.getgid()))
print("groups=%s" % os.getgroups())
status = dict(line.split(":\\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
print("capabilities=%d" % int(status["CapBnd"], 16))
print("more_privileges=%s" % ("no" if status["NoNewPrivs"] == "1" else "yes"))
for name, place in (("root", "/x"), ("code", "/app/lib/python3.11/site-packages/services/x"), ("temporary", "/tmp/x")):
    try:
        Path(place).touch()
        print(name + "=written")
    except OSError as error:
        print(name + "=" + errno.errorcode[error.errno])
"""
_CONFINED = {
    "user": "10001:10001", "groups": "[]", "capabilities": "0", "more_privileges": "no",
    "root": "EROFS", "code": "EROFS", "temporary": "written",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Root:
    """The root file system of an image, and how it is run.

    Args:
        folder: of the caller's, which its programs see.
    """

    name: str
    path: Path
    folder: Path
    config: ImageConfig

    def service(self, settings: Mapping[str, object], health_port: int) -> Program:
        """The image's own command as a service that answers at a port."""
        return Program(
            self.name,
            self._command(self.config.command),
            answers_http(f"http://127.0.0.1:{health_port}/readyz"),
            self.config.environment | service_environment(self.name, {**settings, "health_port": health_port}),
        )

    def run(self, *arguments: str, command: tuple[str, ...] = (), settings: Mapping[str, str] | None = None) -> str:
        """Run the image's own command, or another, to its end; what it printed.

        Raises:
            BuildError: it failed, with what it said.
        """
        done = subprocess.run(
            self._command((*(command or self.config.command[:1]), *arguments)),
            env=self.config.environment | dict(settings or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN_S,
        )
        if done.returncode:
            raise BuildError(
                f"{self.name} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def check_confined(self) -> None:
        """See to it that a program in here is nobody, may do nothing special, and cannot write to the root.

        Raises:
            BuildError: it can.
        """
        found = dict(line.split("=") for line in self.run("-c", _TRY, command=("python",)).splitlines())
        if found != _CONFINED:
            raise BuildError(f"a program in {self.name} is {found}, and should be {_CONFINED}")

    def size_mb(self) -> int:
        """Of all its files, MB."""
        return round(size_bytes(self.path) / 1e6)

    def _command(self, command: tuple[str, ...]) -> tuple[str, ...]:
        return inside(self.path, self.folder, self.config.user, self.config.directory, command)


@contextmanager
def mounted_roots(names: list[str], version: str, folder: Path) -> Iterator[dict[str, Root]]:
    """The roots of images that were built, by name.

    Args:
        names: of the images.
        version: that they were built as.
        folder: of the caller's, which all of them may read, and write to.

    Raises:
        BuildError: one of them is not there.
    """
    with ExitStack() as stack:
        roots = {}
        for name in names:
            tag = f"{REPOSITORY}/{name}:{version}"
            if not image_id(tag):
                raise BuildError(f"There is no image {tag} here: run `make images`")
            config = config_of(tag)
            roots[name] = Root(name, stack.enter_context(mounted(tag)), folder, config)
            user, group = map(int, config.user.split(":"))
            os.chown(folder, user, group)
        yield roots


def hand_over(content: bytes, path: Path, user: str) -> None:
    """Write a file that only the user of an image may read."""
    path.touch(mode=0o400)
    path.write_bytes(content)
    shutil.chown(path, *map(int, user.split(":")))
