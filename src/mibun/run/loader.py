"""From LLVM's text to machine code in memory that can be run, and that is given back when no one holds it any more.

LLVM, through llvmlite, makes an object file of the text. On Linux on x86-64 it is linked here: an :class:`Image` is
code and constants whose only references to the world outside are a table of addresses, so that one read from a disk
needs nothing but that table filled in, and no LLVM. Elsewhere LLVM's own loader (MCJIT) takes the object file.
"""

from __future__ import annotations

import platform
import re
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Final, NamedTuple

from mibun.run.machine import Machine, libllvm

Resolve = Callable[[str], int]
"""The address of a function or an object outside, by its name. ``LookupError`` if there is none."""


class Image(NamedTuple):
    """Machine code. ``entries`` says where its functions begin, ``imports`` where addresses have to be put in.

    ``linked`` is false for an object file that LLVM has to load.
    """

    code: bytes
    entries: dict[str, int]
    imports: dict[str, int]
    linked: bool


class Unlinkable(Exception):
    """An object file with something in it that is not known here."""


# Compiling


def compile(text: str, machine: Machine, level: int = 2) -> Image:
    """Machine code for LLVM's text. ``ImportError`` without llvmlite."""
    import llvmlite.binding as llvm

    context = llvm.create_context()
    module = llvm.parse_assembly(text, context)
    with module:
        module.verify()  # LLVM would end the process over what is wrong
        data = _target_machine(machine, level).emit_object(module)
    if _links_here():
        with suppress(Unlinkable):
            return link(data)
    return Image(data, {}, dict.fromkeys(_OUTSIDE.findall(text), 0), False)


_OUTSIDE: Final = re.compile(r"^(?:declare .*?|)@(?!llvm\.)(\w+)(?:\(| = external)", re.MULTILINE)


@cache
def _target_machine(machine: Machine, level: int) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    cpu, features = machine.cpu, ""
    if machine.native:
        cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=cpu, features=features, opt=level, reloc="pic", codemodel="small")


def _links_here() -> bool:
    return sys.platform == "linux" and platform.machine() in ("x86_64", "amd64") and struct.calcsize("P") == 8


@cache
def versions() -> str:
    """What may change the code that is made, beside the text: llvmlite with its LLVM. Empty if there is none."""
    library = libllvm()
    if library is None:
        return ""
    try:
        facts = (library.parent.parent / "_version.py").read_text(encoding="utf-8")
        status = library.stat()
    except OSError:
        return ""
    return f"{facts} {status.st_size} {status.st_mtime_ns}"


# Linking. Sources: System V ABI, and its AMD64 supplement for the relocations.

_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_RELOCATION: Final = struct.Struct("<QQq")
_ALLOCATED, _PROGBITS, _SYMTAB, _RELA, _NOBITS = 2, 1, 2, 4, 8
_RELATIVE: Final = (2, 4)  # R_X86_64_PC32, PLT32
_BY_TABLE: Final = (9, 41, 42)  # R_X86_64_GOTPCREL, GOTPCRELX, REX_GOTPCRELX


def link(data: bytes) -> Image:
    """The sections of an ELF object file for x86-64, one after the other, with references among them put in."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise Unlinkable
    (start,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [_SECTION.unpack_from(data, start + i * size) for i in range(count)]
    image = bytearray()
    places: dict[int, int] = {}
    for i, (_, kind, flags, _, offset, length, _, _, align, _) in enumerate(sections):
        if flags & _ALLOCATED and kind in (_PROGBITS, _NOBITS):
            image += bytes(-len(image) % max(align, 1))
            places[i] = len(image)
            image += data[offset : offset + length] if kind == _PROGBITS else bytes(length)
    table = next(section for section in sections if section[1] == _SYMTAB)
    strings = sections[table[6]][4]
    symbols = list(_SYMBOL.iter_unpack(data[table[4] : table[4] + table[5]]))

    def name(symbol: tuple[Any, ...]) -> str:
        begin = strings + symbol[0]
        return data[begin : data.index(b"\0", begin)].decode()

    image += bytes(-len(image) % 8)
    imports: dict[str, int] = {}
    stubs: dict[str, int] = {}

    def slot(symbol: str) -> int:
        if symbol not in imports:
            imports[symbol] = len(image)
            image.extend(bytes(8))
        return imports[symbol]

    def stub(symbol: str) -> int:
        if symbol not in stubs:
            address = slot(symbol)
            stubs[symbol] = len(image)
            image.extend(b"\xff\x25" + struct.pack("<i", address - len(image) - 6) + b"\x90\x90")  # jmp *slot
        return stubs[symbol]

    for place, offset, kind, index, addend in _relocations(data, sections, places):
        symbol = symbols[index]
        inside = symbol[3] != 0
        if inside and symbol[3] not in places:
            raise Unlinkable
        if kind in _BY_TABLE and not inside:
            target = slot(name(symbol))
        elif kind in _RELATIVE:
            target = places[symbol[3]] + symbol[4] if inside else stub(name(symbol))
        else:
            raise Unlinkable
        struct.pack_into("<i", image, place + offset, target + addend - place - offset)
    entries = {
        name(symbol): places[symbol[3]] + symbol[4] for symbol in symbols if symbol[3] in places and symbol[1] >> 4
    }
    return Image(bytes(image), entries, imports, True)


def _relocations(
    data: bytes, sections: list[tuple[Any, ...]], places: dict[int, int]
) -> Iterator[tuple[int, int, int, int, int]]:
    """(where the section stands, offset in it, kind, symbol, addend) of each."""
    for section in sections:
        if section[1] == _RELA and section[7] in places:
            begin = section[4]
            for offset, info, addend in _RELOCATION.iter_unpack(data[begin : begin + section[5]]):
                yield places[section[7]], offset, info & 0xFFFFFFFF, info >> 32, addend


# Loading


class Loaded:
    """Code in memory, as long as this object lives: ``address("name")`` is where a function begins."""

    __slots__ = ("__weakref__", "_entries", "_memory", "_start")

    def __init__(self, image: Image, resolve: Resolve) -> None:
        self._memory: Any
        if image.linked:
            self._memory, self._start = _mapped(image, resolve)
            self._entries = image.entries
        else:
            self._memory, self._start, self._entries = _by_llvm(image, resolve), 0, {}

    def address(self, name: str) -> int:
        if self._start:
            return self._start + self._entries[name]
        return int(self._memory.get_function_address(name))


def _mapped(image: Image, resolve: Resolve) -> tuple[Any, int]:
    """The image in memory of its own, first writable, then executable, never both."""
    import ctypes
    import mmap

    memory = mmap.mmap(-1, max(len(image.code), 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[: len(image.code)] = image.code
    for name, offset in image.imports.items():
        struct.pack_into("<Q", memory, offset, resolve(name))
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    size = -(-len(image.code) // mmap.PAGESIZE) * mmap.PAGESIZE
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    if protect(ctypes.c_void_p(start), ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "mprotect")
    return memory, start


def _by_llvm(image: Image, resolve: Resolve) -> Any:
    import llvmlite.binding as llvm

    from mibun.run.machine import machine

    file = llvm.ObjectFileRef.from_data(image.code)
    for name in image.imports:
        llvm.add_symbol(name, resolve(name))
    _target_machine(machine(), 2)  # initializes
    owned = llvm.Target.from_default_triple().create_target_machine()
    module = llvm.parse_assembly("")  # of the context that never goes: an engine must not outlive its module's
    engine = llvm.create_mcjit_compiler(module, owned)
    engine.add_object_file(file)
    engine.finalize_object()
    return engine
