"""A command inside an image's root file system, as strictly as a cluster runs it: no root, nothing to write to but /tmp.

There is no container engine in this: mount and user are changed with unshare and setpriv, network and processes are the machine's.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

# In a mount namespace of its own: the root read-only, /tmp empty and for everybody, a folder of the caller's in it.
_ENTER: Final = """
root=$1 folder=$2 user=$3 directory=$4; shift 4
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777,size=512m tmpfs "$root/tmp"
mkdir "$root/tmp/shared"
mount --bind "$folder" "$root/tmp/shared"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --inh-caps=-all --bounding-set=-all \
    --no-new-privs --pdeathsig=KILL sh -c 'cd "$1"; shift; exec "$@"' sh "$directory" "$@"
"""
# Where the command finds the caller's folder.
SHARED: Final = Path("/tmp/shared")  # noqa: S108 - in a root of its own


def inside(root: Path, folder: Path, user: str, directory: str, command: Sequence[str]) -> tuple[str, ...]:
    """The command that runs another inside a root. Only root may run it.

    Args:
        root: of an image; it stays as it is.
        folder: of the caller's, which the command sees as `SHARED`.
        user: uid:gid that it runs as.
        directory: where it runs, in the root.
        command: program of the image, and arguments.
    """
    enter = ("unshare", "--mount", "--propagation=private", "--", "sh", "-euc", _ENTER, "sh")
    return (*enter, str(root), str(folder), user, directory, *command)
