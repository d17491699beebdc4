# SPDX-License-Identifier: Apache-2.0
"""What README and the pages of docs show is what happens.

A page is run from top to bottom as one program, in an empty folder with `scenarios` beside it: its
```python blocks, and its ```console blocks, whose lines after `$` must end well and print what
stands below them (`...` stands for anything). ```cpp blocks must be part of a compiled file, word
for word, ```toml blocks name keys that exist. `<!-- not run: why -->` before a block leaves it out.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gridflock as gf
import pytest
from gridflock.cli import main
from gridflock.scenario import fields

ROOT = Path(__file__).resolve().parents[2]
MADE = ("cpp", "scenario.md", "market-rules.md", "variables.md")  # by the build, from the code
PAGES = sorted(
    p
    for p in (ROOT / "docs").rglob("*.md")
    if not (p.parts[-2] == "cpp" or (p.parts[-2] == "reference" and p.name in MADE))
)
COMPILED = (
    "tests/unit/des/example_test.cpp",
    "tests/unit/comms/example_test.cpp",
    "tests/unit/powerflow/switching_example_test.cpp",
    "examples/cpp/evening.cpp",
    "examples/cpp/own_strategy.cpp",
    "examples/cpp/checkpoint.cpp",
)
FENCE = re.compile(
    r"^(?P<skip><!-- not run: [^\n]+ -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    is_run: bool


def blocks(page: Path, *languages: str) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(m["language"], m["text"], text[: m.start("text")].count("\n") + 1, not m["skip"])
        for m in FENCE.finditer(text)
        if m["language"] in languages
    ]


def pages_with(*languages: str) -> list:
    return [
        pytest.param(p, id=str(p.relative_to(ROOT)))
        for p in [ROOT / "README.md", *PAGES]
        if any(b.is_run for b in blocks(p, *languages))
    ]


CONSOLE = """
def console(text):
    import re, subprocess, sys
    sys.stdout.flush()
    for part in re.split(r"^\\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\\n")
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{command}: exit code {done.returncode}\\n{done.stdout}"
        pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
        assert not pattern or re.fullmatch(pattern, done.stdout.strip(), re.DOTALL), (
            f"{command}\\nprinted\\n{done.stdout}\\nthe page says\\n{expected}")
"""


@pytest.mark.parametrize("page", pages_with("python", "console"))
def test_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    program = [CONSOLE]
    for block in blocks(page, "python", "console"):
        if not block.is_run:
            continue
        text = block.text if block.language == "python" else f"console({block.text!r})\n"
        program.append(f"# {page.name}, line {block.line}\n{text}")
    (tmp_path / "page.py").write_text("\n".join(program), encoding="utf-8")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "page.py"],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "PATH": path},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "never said" not in done.stdout


def squeezed(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("page", pages_with("cpp"))
def test_the_cpp_of_a_page_is_compiled_by_the_build(page: Path) -> None:
    compiled = squeezed("\n".join((ROOT / path).read_text() for path in COMPILED))
    for block in blocks(page, "cpp"):
        assert squeezed(block.text) in compiled, f"line {block.line}"


def test_the_cmake_of_the_pages_is_that_of_the_outside_consumer() -> None:
    lines = squeezed((ROOT / "tests/consumer/CMakeLists.txt").read_text()).splitlines()
    found = [b for page in PAGES for b in blocks(page, "cmake")]
    assert found
    for block in found:
        assert set(squeezed(block.text).splitlines()) <= set(lines)


def key_paths(table: dict, path: str = "") -> list[str]:
    out = []
    for key, value in table.items():
        where = f"{path}.{key}" if path else key
        out.append(where)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                out += key_paths(inner, where)
    return out


@pytest.mark.parametrize("page", pages_with("toml"))
def test_the_scenario_keys_of_a_page_exist(page: Path) -> None:
    tomllib = pytest.importorskip("tomllib")
    known = {f["path"].replace("[]", "") for f in fields()}
    free = {f["path"] for f in fields() if f["type"].startswith("table")} | {"dispatch.parameters"}
    for block in blocks(page, "toml"):
        for path in key_paths(tomllib.loads(block.text)):
            path = re.sub(r"^variants\.\w+\.?", "", path) or "variants"
            is_free = any(path == f or path.startswith(f + ".") for f in free)
            is_law = any(f["type"] == "dist" and path.startswith(f["path"].replace("[]", ""))
                         for f in fields())  # fmt: skip
            assert path in known or is_free or is_law, f"line {block.line}: {path}"


def test_the_command_lines_of_readme_end_well(tmp_path: Path) -> None:
    """In their order, on a study made small; files of the user have names that are there."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## Command line")[1].split("```")[1]
    found = re.findall(r"gridflock (\w+(?:(?! {3,}|#|\n).)*)", section)
    assert len(found) >= 10
    assert {line.split()[0] for line in found} <= set(main.commands)
    feeder = str(ROOT / "scenarios/feeders/ieee13/IEEE13Nodeckt.dss")
    ours = {"200": "2", "FILE.dss": feeder, "a.h5": "evening.h5", "b.h5": "evening.h5"}

    def call(line: str) -> None:
        words = [sys.executable, "-m", "gridflock.cli"]
        words += [ours.get(word, word) for word in line.split()]
        done = subprocess.run(
            ["bash", "-c", " ".join(words)],  # it has a pattern of files
            cwd=tmp_path, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

    for line in found:
        call(line)
        if line.startswith("new "):
            sc = gf.load_scenario(tmp_path / "evening.toml")
            sc.fleet["homes"].count = 10
            sc.save(tmp_path / "evening.toml")
        if "--shard 1/2" in line:
            call(line.replace("1/2", "2/2"))
    assert {"evening.html", "all.h5", "voltages.csv", "summary.json", "elements.csv"} <= {
        p.name for p in tmp_path.iterdir()
    }


def test_each_error_and_warning_has_a_section_of_its_own() -> None:
    page = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    classes = {n for n in dir(gf.errors) if isinstance(getattr(gf.errors, n), type)}
    bases = {"Error", "Fault", "GridflockWarning", "Any"}
    told = {n for n in classes if issubclass(getattr(gf.errors, n), Exception)} - bases
    assert told <= set(sections)


def test_each_public_name_is_in_the_api_pages() -> None:
    text = "\n".join(
        p.read_text(encoding="utf-8") for p in [*(ROOT / "docs/reference").glob("python/*.md"),
                                                ROOT / "docs/reference/errors.md"]
    )  # fmt: skip
    missing = [n for n in gf.__all__ if not re.search(rf"\b{n}\b", text)]
    assert missing == []


def test_the_lists_of_keys_are_made_of_the_field_tables() -> None:
    sys.path.insert(0, str(ROOT / "tools" / "docs"))
    import reference_pages

    pages = reference_pages.pages()
    for f in fields():
        name = f["path"].replace("[]", "").rpartition(".")[2]
        row = re.search(rf"^\| `{name}` \|.*{re.escape(reference_pages.cell(f['doc']))}",
                        pages["scenario.md"], re.MULTILINE)  # fmt: skip
        assert row, f["path"]
        assert f["doc"].endswith((".", ",")), f"{f['path']}: a sentence"
    assert "`supplier_price`" in pages["market-rules.md"]
    assert "`head.p_kw`" in pages["variables.md"] and "`peak`" in pages["variables.md"]
