"""Code on disk: found again, never taken from what others could have written, and no trouble where it can not be."""

from __future__ import annotations

import math
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

import mibun as mb
from mibun.node import Node
from mibun.ops import const, make, symbol
from mibun.run import kernel, loader, store, tiers
from mibun.run.binding import Form
from mibun.run.kernel import Kernel
from mibun.run.loader import Image
from mibun.run.machine import machine

IMAGE = Image(b"\xc3" * 5000, {"call": 16}, {"sin": 4992}, True)
NAME = "0" * 64
SOURCE = Path(mb.__file__).parents[1]

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="nothing is kept where owners are not known")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "cache" / "mibun"
    monkeypatch.setenv("MIBUN_CACHE", str(folder))
    monkeypatch.setattr(store, "TIDYING", 1)
    yield folder


def kept(place: Path) -> list[Path]:
    return sorted(place.glob("*.code"))


def test_what_is_kept_is_found(place: Path) -> None:
    assert store.load(NAME) is None
    store.save(NAME, IMAGE)
    assert store.load(NAME) == IMAGE
    assert store.load("1" * 64) is None
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept(place)] == [0o600]
    assert sorted(place.iterdir()) == kept(place)


def test_keys_differ_for_whatever_may_make_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(text: str = "text", level: int = 2) -> str:
        return store.key(text, machine(), level)

    names = {key(), key("other"), key(level=1)}
    monkeypatch.setattr(store, "__version__", "0")
    names.add(key())
    monkeypatch.setattr(store, "versions", lambda: "another llvmlite")
    names.add(key())
    monkeypatch.setattr(store, "sources", lambda: "mibun, changed")
    names.add(key())
    monkeypatch.setenv("MIBUN_VECTORS", "none")
    names.add(key())
    assert len(names) == 7
    assert key() in names


def test_modules_that_change_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever works on the compiler is never given the code of yesterday's."""
    assert "'vectormath.py', " in store.sources()
    assert "'rules.py', " in store.sources()
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(store, "__file__", str(tmp_path / "run" / "store.py"))
    look = store.sources.__wrapped__
    assert look() == ""  # a mibun that lies in no folder
    module = tmp_path / "run" / "llvm.py"
    module.write_text("a = 1")
    assert look() == ""  # it was another when mibun was imported
    monkeypatch.setattr(tiers, "IMPORTED", 2 * tiers.IMPORTED)
    found = [look()]
    assert look() == found[0]
    status = module.stat()
    time.sleep(0.02)
    module.write_text("a = 2")
    os.utime(module, ns=(status.st_atime_ns, status.st_mtime_ns))  # as large and as old as before
    found.append(look())
    (tmp_path / "fold.py").touch()
    found.append(look())
    assert len({"", *found}) == 4


def test_nothing_is_kept_by_a_mibun_that_is_not_known(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(NAME, IMAGE)
    monkeypatch.setattr(store, "sources", lambda: "")
    assert store.load(NAME) is None
    store.save("1" * 64, IMAGE)
    assert len(kept(place)) == 1


def test_numbers_of_any_length_have_a_content() -> None:
    """Python refuses to write a number of 5,000 digits."""
    long = [10**5000, 10**5000 + 1, Fraction(10**5000, 3), Fraction(3, 10**5000)]
    contents = [Kernel([make("mul", symbol("x"), const(n))], ["x"], Form("number"), [False]).content for n in long]
    assert len(set(contents)) == 4


def test_code_that_can_not_be_loaded_here_is_made_anew(place: Path) -> None:
    """As where two systems have the same home, and one has a newer C library."""
    f = mb.function("x^2 sinh(x)")
    f.compile()
    (file,) = kept(place)
    image = store.load(file.stem)
    assert image is not None
    kernel._living.clear()
    store.save(file.stem, image._replace(imports={"mibun_not_there": 8}, linked=True))
    assert mb.function("x^2 sinh(x)").compile()(1.0) == pytest.approx(1.1752011936438014)
    again = store.load(file.stem)
    assert again is not None
    assert "mibun_not_there" not in again.imports


def test_graphs_have_one_content_each() -> None:
    """What tells kernels apart: the numbers by their type and bits, the order of what comes in and out, the form."""
    x, y = symbol("x"), symbol("y")

    def content(*nodes: Node, names: Sequence[str] = ("x", "y"), kind: str = "tuple", watched: bool = False) -> str:
        return Kernel(nodes, names, Form(kind), [watched] * len(nodes)).content

    found = [
        content(make("add", x, y)),
        content(make("add", y, x)),
        content(make("add", x, y), names=("y", "x")),
        content(make("add", x, y), x),
        content(x, make("add", x, y)),
        content(make("sub", x, y)),
        content(make("add", x, y), kind="pair"),
        content(make("add", x, y), watched=True),
        content(make("add", x, make("neg", x))),
        *[content(make("mul", x, const(n))) for n in (1, 1.0, Fraction(1, 3), 1 / 3, 0.0, -0.0, math.nan, math.inf)],
        content(make("mul", x, make("neg", const(1)))),
        content(make("lt", x, y)),
    ]
    assert len(set(found)) == len(found)
    assert content(make("add", x, y)) == found[0]


@pytest.mark.parametrize("name", ["off", "0", "no"])
def test_it_can_be_switched_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIBUN_CACHE", name)
    assert store.folder() is None
    store.save(NAME, IMAGE)
    assert store.load(NAME) is None


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MIBUN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.folder() == str(tmp_path / "mibun")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert store.folder() == str(tmp_path / ".cache" / "mibun")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o750, 0o702])
def test_a_folder_open_to_others_is_not_used(mode: int, place: Path) -> None:
    store.save(NAME, IMAGE)
    place.chmod(mode)
    assert store.load(NAME) is None
    store.save("1" * 64, IMAGE)
    assert len(kept(place)) == 1


@pytest.mark.parametrize("mode", [0o666, 0o660, 0o602, 0o644])
def test_a_file_open_to_others_is_not_used(mode: int, place: Path) -> None:
    store.save(NAME, IMAGE)
    kept(place)[0].chmod(mode)
    assert store.load(NAME) is None


def test_what_belongs_to_someone_else_is_not_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(NAME, IMAGE)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert store.load(NAME) is None
    store.save("1" * 64, IMAGE)
    assert len(kept(place)) == 1


def test_links_are_not_followed(place: Path, tmp_path: Path) -> None:
    store.save(NAME, IMAGE)
    (file,) = kept(place)
    elsewhere = tmp_path / "elsewhere.code"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert store.load(NAME) is None
    file.unlink()
    elsewhere.rename(file)
    assert store.load(NAME) == IMAGE
    other = tmp_path / "other"
    place.rename(other)
    place.symlink_to(other)
    assert store.load(NAME) is None
    store.save("1" * 64, IMAGE)
    assert len(kept(other)) == 1


def test_a_fifo_or_a_folder_in_the_place_of_a_file(place: Path) -> None:
    store.save(NAME, IMAGE)
    (file,) = kept(place)
    file.unlink()
    file.mkdir(mode=0o700)
    assert store.load(NAME) is None
    store.save(NAME, IMAGE)  # can not replace it
    assert store.load(NAME) is None


@pytest.mark.parametrize("change", ["cut", "empty", "longer", "flipped", "renamed", "other"])
def test_damage_counts_as_absence(change: str, place: Path) -> None:
    store.save(NAME, IMAGE)
    (file,) = kept(place)
    data = bytearray(file.read_bytes())
    if change == "renamed":
        file.rename(place / f"{'1' * 64}.code")
        assert store.load("1" * 64) is None
        return
    if change == "flipped":
        for at in range(0, len(data), 97):
            data[at] ^= 1
            file.write_bytes(data)
            assert store.load(NAME) is None
            data[at] ^= 1
        return
    file.write_bytes({"cut": data[:-1], "empty": b"", "longer": data + b"\0", "other": b"x" * len(data)}[change])
    assert store.load(NAME) is None
    store.save(NAME, IMAGE)
    assert store.load(NAME) == IMAGE


def test_too_much_goes_oldest_first(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LIMIT", 4 * 5200)
    for i in range(8):
        store.save(f"{i}" * 64, IMAGE)
        os.utime(place / f"{f'{i}' * 64}.code", (i, i))
        if i == 3:
            assert store.load("0" * 64) == IMAGE  # used just now
    store.save("9" * 64, IMAGE)
    left = [path.name[0] for path in kept(place)]
    assert "0" in left
    assert "9" in left
    assert len(left) <= 4


def test_too_many_go_oldest_first(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FILES", 3)
    for i in range(5):
        store.save(str(i) * 64, IMAGE)
        os.utime(place / f"{str(i) * 64}.code", (1000 + i, 1000 + i))
    assert [path.name[0] for path in kept(place)] == ["2", "3", "4"]


def test_the_folder_is_not_looked_through_every_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr(store, "TIDYING", 32)
    monkeypatch.setattr(store, "_tidy", looked.append)
    for i in range(256):
        store.save(f"{i:02x}" * 32, IMAGE)
    assert len(looked) == 8


def test_drafts_that_were_left_behind_go(place: Path) -> None:
    store.save(NAME, IMAGE)
    old, new = place / f"{NAME}.1.2", place / f"{NAME}.3.4"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * store.AGE,) * 2)
    store.save("1" * 64, IMAGE)
    assert not old.exists()
    assert new.exists()


def test_a_full_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, data: bytes) -> None:
            raise OSError(28, "No space left on device")

    real = open
    monkeypatch.setattr("builtins.open", lambda *a, **k: Full() if "wb" in a else real(*a, **k))
    store.save(NAME, IMAGE)
    monkeypatch.undo()
    assert not list(place.parent.rglob(f"{NAME}*"))


def test_a_home_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MIBUN_CACHE", str(tmp_path / "file" / "cache"))
    store.save(NAME, IMAGE)
    assert store.load(NAME) is None
    assert mb.function("x^2 + sin(x)").compile()(2.0) == pytest.approx(4.909297426825682)
    monkeypatch.setenv("MIBUN_CACHE", "/proc/none")
    assert mb.function("x^3 + sin(x)").compile()(2.0) == pytest.approx(8.909297426825682)


def test_many_writers_at_once(place: Path) -> None:
    start = threading.Barrier(8)
    found: list[object] = []

    def work(i: int) -> None:
        start.wait()
        for k in range(20):
            store.save(NAME, IMAGE)
            found.append(store.load(NAME))
            store.save(f"a{i}{k:02}".ljust(64, "0"), IMAGE)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(image == IMAGE for image in found)
    assert len(kept(place)) == 161


PROGRAM = """
import sys
import mibun as mb
f = mb.function("sin(x^2) exp(-x)").compile()
print(f(1.5), "llvmlite" in sys.modules)
"""


def run(**environment: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


def test_a_second_program_needs_no_llvm(place: Path) -> None:
    first, second = run(), run()
    assert first[0] == second[0]
    assert first[1] == "True"
    if loader._links_here():
        assert second[1] == "False"
    for file in kept(place):
        file.write_bytes(file.read_bytes()[:-3])
    assert run() == first
    assert run(MIBUN_CACHE="off") == first


def test_a_compiler_that_has_changed_makes_code_anew(tmp_path: Path) -> None:
    shutil.copytree(Path(mb.__file__).parent, tmp_path / "mibun", ignore=shutil.ignore_patterns("__pycache__"))
    time.sleep(0.02)
    first, second = run(PYTHONPATH=str(tmp_path)), run(PYTHONPATH=str(tmp_path))
    module = tmp_path / "mibun" / "run" / "llvm.py"
    status = module.stat()
    module.write_bytes(module.read_bytes())
    os.utime(module, ns=(status.st_atime_ns, status.st_mtime_ns))
    time.sleep(0.02)
    third = run(PYTHONPATH=str(tmp_path))
    assert first == third
    assert third[1] == "True"
    if loader._links_here():
        assert second[1] == "False"


def test_code_in_memory_is_shared() -> None:
    f, g = mb.function("x^2 exp(x)").compile(), mb.function("x^2 exp(x)").compile()
    assert f(1.5) == g(1.5)
    assert f.__self__.kernel.call() is g.__self__.kernel.call()


def test_without_llvm_the_disk_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    f = mb.function("x^2 exp(-x)")
    f.compile()
    kernel._living.clear()
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    monkeypatch.setattr(store, "versions", loader.versions)
    if loader._links_here():
        assert mb.function("x^2 exp(-x)").compile()(1.0) == pytest.approx(0.36787944117144233)
    with pytest.raises(mb.UnsupportedOperation, match="llvmlite"):
        mb.function("x^5 exp(-x)").compile()
