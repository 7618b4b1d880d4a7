"""Machine code on disk, so that a program that starts again need not compile again.

An image is kept under the hash of all that it depends on: the graph that was compiled, mibun's own modules, the
processor, the versions. The environment variable ``MIBUN_CACHE`` names the folder, or is ``off``; by default it is
``mibun`` in the user's folder for such things (``$XDG_CACHE_HOME``, ``~/.cache``). About :data:`LIMIT` bytes are kept
at most; what was used least recently goes.

Object code is code: nothing is read from a folder or a file that anyone but the user could have written, where the
system can tell; where it can not, nothing is kept. A file that is damaged counts as absent. Two programs may write at
once, and a disk that is full or read-only is no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Final

from mibun._version import __version__
from mibun.run import tiers
from mibun.run.binding import HEAD, ITEMS
from mibun.run.loader import Image, versions
from mibun.run.machine import Machine

LIMIT: Final = 64 << 20
FILES: Final = 4096  # at most, about: to look at all of them takes time
TIDYING: Final = 32  # one image in so many has the folder looked through when it is kept
AGE: Final = 3600.0  # seconds after which a file that someone began and did not finish is waste
_SUFFIX: Final = ".code"
_MAGIC: Final = b"mibun 1\n"


def key(content: str, machine: Machine, level: int) -> str:
    """The name of an image: different for whatever could make it different. ``content`` says what is compiled."""
    python = sys.implementation.cache_tag, HEAD, ITEMS
    facts = (__version__, sources(), python, versions(), machine, level, content)
    return hashlib.sha256("\0".join(map(str, facts)).encode()).hexdigest()


@cache
def sources() -> str:
    """What tells this mibun from any other, released or not: names, sizes and times of the modules that make code.

    The time of the last change, which no one can set, is among them. Empty where the modules are no files, or where
    some have changed since mibun was imported, so that these are not the ones at work: then nothing is kept.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    found = []
    latest = 0
    with suppress(OSError):
        for place in (here, os.path.dirname(here)):
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.endswith(".py"):
                        status = entry.stat()
                        found.append((entry.name, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
                        latest = max(latest, status.st_ctime_ns)
        return repr(sorted(found)) if 0 < latest < tiers.IMPORTED else ""
    return ""


def folder() -> str | None:
    """Where code is kept; ``None`` if it is not."""
    given = os.environ.get("MIBUN_CACHE", "")
    if given.lower() in tiers.OFF or not hasattr(os, "geteuid"):
        return None
    if given:
        return os.path.abspath(os.path.expanduser(given))
    home = os.path.expanduser("~")
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, *(("Library", "Caches") if sys.platform == "darwin" else (".cache",)))
    return os.path.join(base, "mibun")


@contextmanager
def _opened(create: bool) -> Iterator[int | None]:
    """The folder as a descriptor, if it is the user's alone. What happens by this descriptor happens in this folder,
    whatever is put in the place of its name."""
    path, descriptor = folder(), None
    if path is not None:
        with suppress(OSError):
            if create:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with suppress(FileExistsError):
                    os.mkdir(path, 0o700)
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor if descriptor is not None and _is_mine(os.fstat(descriptor), 0o077) else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _is_mine(status: os.stat_result, forbidden: int) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & forbidden


def load(name: str) -> Image | None:
    """What was kept under ``name``."""
    if not sources():
        return None
    with _opened(create=False) as place, suppress(OSError, ValueError, KeyError, struct.error):
        if place is None:
            return None
        file = os.open(name + _SUFFIX, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or not _is_mine(status, 0o077):
                return None
            with open(file, "rb", closefd=False) as stream:
                data = stream.read()
            if time.time() - status.st_mtime > AGE:
                with suppress(OSError):
                    os.utime(file)  # it was used
        finally:
            os.close(file)
        return _unpacked(data, name)
    return None


def save(name: str, image: Image) -> None:
    """Keep an image. Whatever prevents it is no error."""
    if not sources():
        return
    data = _packed(image, name)
    with _opened(create=True) as place, suppress(OSError):
        if place is None:
            return
        draft = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(draft, flags, 0o600, dir_fd=place)
        try:
            try:
                with open(file, "wb") as stream:
                    stream.write(data)
                os.rename(draft, name + _SUFFIX, src_dir_fd=place, dst_dir_fd=place)
            except BaseException:
                os.unlink(draft, dir_fd=place)
                raise
        finally:
            if int(name[:2], 16) % TIDYING == 0:
                _tidy(place)


def _packed(image: Image, name: str) -> bytes:
    head = json.dumps([image.entries, image.imports, image.linked]).encode()
    body = struct.pack("<I", len(head)) + head + image.code
    return _MAGIC + _digest(name, body) + body


def _unpacked(data: bytes, name: str) -> Image | None:
    body = data[len(_MAGIC) + 32 :]
    if data[: len(_MAGIC) + 32] != _MAGIC + _digest(name, body):
        return None
    (length,) = struct.unpack_from("<I", body)
    entries, imports, linked = json.loads(body[4 : 4 + length])
    return Image(body[4 + length :], entries, imports, linked)


def _digest(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + body).digest()


def _tidy(place: int) -> None:
    """Remove drafts that were left behind, and what was not used for longest where there is too much."""
    found = []
    now = time.time()
    with os.scandir(place) as entries:
        for entry in entries:
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if entry.name.endswith(_SUFFIX):
                    found.append((status.st_mtime, status.st_size, entry.name))
                elif now - status.st_mtime > AGE:
                    os.unlink(entry.name, dir_fd=place)
    total = sum(size for _, size, _ in found)
    count = len(found)
    for _, size, name in sorted(found):
        if total <= LIMIT and count <= FILES:
            break
        with suppress(OSError):
            os.unlink(name, dir_fd=place)
            total -= size
            count -= 1
