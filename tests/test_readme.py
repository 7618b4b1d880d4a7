"""Every command, program and Python line of the READMEs and of docs/ prints what they say, in both languages alike.

``python -m tests.test_readme`` writes all outputs into them anew; with names of documents, into those.
"""

from __future__ import annotations

import doctest
import functools
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mibun import cli

ROOT = Path(__file__).parents[1]
ENGLISH = ["README.md", *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md") if ".ko" not in path.suffixes)]
KOREAN = [document.removesuffix(".md") + ".ko.md" for document in ENGLISH]
DOCUMENTS = [*ENGLISH, *KOREAN]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
KINDS = {"console", "pycon", "python", "sh"}  # the last is not run: what it prints is not said
SWITCH = re.compile(r' ARGS="--lang ko"| --lang ko')


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def locale(document: str) -> str:
    return "ko_KR.UTF-8" if document.endswith(".ko.md") else "en_US.UTF-8"


def blocks(document: str, kind: str) -> list[str]:
    return [block for mine, block in BLOCK.findall(text_of(document)) if mine == kind]


# Commands


def commands(document: str) -> Iterator[tuple[str, str]]:
    """Each command of the console blocks, and what is printed below it."""
    for block in blocks(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def programs(document: str) -> dict[str, str]:
    """The blocks that are files: a comment in their first line is the name."""
    named = [(re.match(r"# (\w+\.py)\n", block), block) for block in blocks(document, "python")]
    return {name[1]: block for name, block in named if name}


def words(command: str) -> list[str]:
    """The words after ``mibun``; ``make run F=… AT=… WRT=… ARGS=…`` is the command that the Makefile makes of it."""
    program, *rest = shlex.split(command)
    if program == "mibun":
        return rest
    assert [program, rest[0]] == ["make", "run"]
    given = dict(word.split("=", 1) for word in rest[1:])
    given = given if "F" in given else {"F": "x^2/2", "AT": "1", **given}
    at, wrt = given.get("AT"), given.get("WRT")
    options = [*(["--at", at] if at else []), *(["--wrt", wrt] if wrt else []), *shlex.split(given.get("ARGS", ""))]
    return [*options, "--", given["F"]]


def output(command: str, document: str, drawn: dict[Path, str] | None = None) -> str:
    """What a command prints, both streams, without blank lines around it. ``drawn`` gets the pictures that it makes, by
    the place where the document has them."""
    if command.startswith("python "):
        return _run(command, document, {} if drawn is None else drawn).strip("\n")
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        cli.run(words(command))
    return printed.getvalue().strip("\n")


def _run(command: str, document: str, drawn: dict[Path, str]) -> str:
    """A command with ``python`` in a folder that holds the programs of the document."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "LC_ALL": locale(document), "PYTHONPATH": str(ROOT / "src")}
    with TemporaryDirectory() as folder:
        for name, program in programs(document).items():
            (Path(folder) / name).write_text(program, encoding="utf-8")
        run = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, check=False)
        for picture in Path(folder).glob("*.svg"):
            name = picture.stem + (".ko.svg" if document.endswith(".ko.md") else ".svg")
            drawn[(ROOT / document).parent / name] = picture.read_text(encoding="utf-8")
    return (run.stdout + run.stderr).decode()


# Python


class Runner(doctest.DocTestRunner):
    """Runs the examples of a document, and knows afterwards what each of them printed."""

    def __init__(self) -> None:
        super().__init__(optionflags=doctest.NORMALIZE_WHITESPACE)
        self.got: list[str] = []

    def report_success(self, out: Any, test: Any, example: Any, got: str) -> None:
        self.got.append(got)

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        self.got.append(got)
        super().report_failure(out, test, example, got)


@functools.cache
def examples(document: str) -> doctest.DocTest:
    source = "\n".join(blocks(document, "pycon"))
    return doctest.DocTestParser().get_doctest(source, {}, document, document, 0)


# Tests


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LC_ALL", locale(request.param))
    return str(request.param)


def test_commands_print_what_is_said(document: str) -> None:
    shown = list(commands(document))
    assert len(shown) >= 8 or not document.startswith("README")
    drawn: dict[Path, str] = {}
    for command, printed in shown:
        assert output(command, document, drawn) == printed.strip("\n"), command
    for path, picture in drawn.items():
        assert path.read_text(encoding="utf-8") == picture, path


def test_python_prints_what_is_said(document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    test = examples(document)
    results = Runner().run(test, clear_globs=False)
    assert results.attempted == len(test.examples)
    assert results.failed == 0


def test_programs_are_run_or_are_examples(document: str) -> None:
    files = [path.read_text(encoding="utf-8") for path in ROOT.glob("examples/*.py")]
    run = " ".join(command for command, _ in commands(document))
    for block in blocks(document, "python"):
        name = re.match(r"# (\w+\.py)\n", block)
        assert name[1] in run if name else any(block in file for file in files), block


def test_every_block_is_of_a_kind_and_every_link_leads_somewhere(document: str) -> None:
    text = text_of(document)
    assert {kind for kind, _ in BLOCK.findall(text)} <= KINDS
    assert text.count("\n```") == 2 * len(BLOCK.findall(text))
    for target in LINK.findall(BLOCK.sub("", text)):
        assert (ROOT / document).parent.joinpath(target).exists(), target


@pytest.mark.parametrize(("english", "korean"), list(zip(ENGLISH, KOREAN, strict=True)))
def test_both_languages_show_the_same(english: str, korean: str) -> None:
    first, second = ([SWITCH.sub("", command) for command, _ in commands(each)] for each in (english, korean))
    assert first == second
    sources = [
        [example.source.replace('"ko"', '"en"') for example in examples(each).examples] for each in (english, korean)
    ]
    assert sources[0] == sources[1]
    assert blocks(english, "python") == blocks(korean, "python")
    levels = [re.findall(r"^(#+) ", BLOCK.sub("", text_of(each)), re.MULTILINE) for each in (english, korean)]
    assert levels[0] == levels[1]


def refresh(documents: list[str]) -> None:
    """Write the outputs of all commands and of all Python lines into the documents, and their pictures beside them."""
    os.chdir(ROOT)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for document in documents:
            monkeypatch.setenv("LC_ALL", locale(document))
            text = text_of(document)
            drawn: dict[Path, str] = {}
            for command, printed in commands(document):
                old, new = f"$ {command}\n{printed}", f"$ {command}\n{output(command, document, drawn)}\n"
                text = text.replace(old, new + ("\n" if printed.endswith("\n\n") else ""))
            for path, picture in drawn.items():
                path.write_text(picture, encoding="utf-8")
            runner, test = Runner(), examples(document)
            with redirect_stdout(io.StringIO()):
                runner.run(test, clear_globs=False)
            if len(runner.got) == len(test.examples):
                text = _with_outputs(text, test, iter(runner.got))
            (ROOT / document).write_text(text, encoding="utf-8")


def _with_outputs(text: str, test: doctest.DocTest, got: Iterator[str]) -> str:
    parser = doctest.DocTestParser()

    def again(match: re.Match[str]) -> str:
        if match[1] != "pycon":
            return match[0]
        lines = []
        for example in parser.get_examples(match[2]):
            first, *others = example.source.splitlines()
            lines += [f">>> {first}", *[f"... {line}".rstrip() for line in others]]
            lines += [line or "<BLANKLINE>" for line in next(got).splitlines()]
        return "\n".join(["```pycon", *lines, "```"])

    return BLOCK.sub(again, text)


if __name__ == "__main__":
    refresh(sys.argv[1:] or DOCUMENTS)
