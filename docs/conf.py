# SPDX-License-Identifier: Apache-2.0
"""Sphinx settings. tools/docs.sh runs Doxygen first; pages made from the code are written here."""

import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT / "tools" / "docs"))

import cpp_pages  # noqa: E402
import figures  # noqa: E402
import gridflock  # noqa: E402
import reference_pages  # noqa: E402

project = "gridflock"
copyright = "the gridflock authors"
version = release = gridflock.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "breathe",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["Thumbs.db"]
nitpicky = False

myst_enable_extensions = ["deflist", "colon_fence", "attrs_inline", "substitution"]
myst_heading_anchors = 4

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False

breathe_projects = {"gridflock": str(ROOT / "build" / "docs" / "doxygen" / "xml")}
breathe_default_project = "gridflock"
breathe_default_members = ("members",)
breathe_show_include = False

copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = f"gridflock {release}"
html_static_path = ["_static"]
html_css_files = ["gridflock.css"]
html_copy_source = False

FRONT = ("index", "quickstart", "install", "results-schema", "support")


def in_depth() -> str:
    """Pages of the top folder that no list names: in the order of their titles."""
    titles = {}
    for page in DOCS.glob("*.md"):
        if page.stem in FRONT:
            continue
        heading = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        titles[heading[1] if heading else page.stem] = page.stem
    return "\n".join(titles[t] for t in sorted(titles))


ABOUT = {
    f"{name.upper()}.md": f"about/{name}.md"
    for name in ("support", "contributing", "security", "changelog")
}


def relink(text: str, base: Path, page: Path) -> str:
    """Links to files, relative to `base`, as seen from `page`; what is no page becomes its path."""

    def link(found):
        target = (base / found[2]).resolve()
        if ROOT in target.parents and str(target.relative_to(ROOT)) in ABOUT:
            target = DOCS / ABOUT[str(target.relative_to(ROOT))]
        if DOCS in target.parents:
            return f"[{found[1]}]({os.path.relpath(target, page.parent)}{found[3] or ''})"
        if ROOT not in target.parents:
            return found[0]
        path, text = str(target.relative_to(ROOT)), found[1].strip("`")
        return f"`{path}`" if text == path else f"{text} (`{path}`)"

    return re.sub(r"\[([^\]\n]+)\]\(([\w./-]+\.\w+|[\w./-]+/)(#[\w-]+)?\)", link, text)


def fill(app, docname, source):
    """Completes a page: the lists of the index, files of the top folder, links out of docs."""
    page = DOCS / f"{docname}.md"
    text, base = source[0], page.parent
    if docname == "index":
        install = "install" if (DOCS / "install.md").exists() else ""
        text = text.replace("@install@", install).replace("@in_depth@", in_depth())
    included = re.fullmatch(r"@include (\w+\.md)@\s*", text)
    if included:
        text, base = (ROOT / included[1]).read_text(encoding="utf-8"), ROOT
        app.env.note_dependency(str(ROOT / included[1]))
    source[0] = relink(text, base, page)


def plain_signature(app, what, name, thing, options, signature, returns):
    """Signatures of the compiled part as one would write them in Python."""
    if signature and name.startswith("gridflock.des."):
        signature = re.sub(r"self: [\w.]+(, )?", "", signature)
        signature = re.sub(r"\b(collections\.abc|typing)\.|: object", "", signature)
        signature = re.sub(r"Supports(\w+) \| SupportsIndex", lambda m: m[1].lower(), signature)
        signature = signature.replace("bytes: str", "bytes: bytes")
        return re.sub(r"\b(\w+) = ", r"\1=", signature), returns
    return None


def setup(app):
    reference_pages.write(DOCS / "reference")
    cpp_pages.write(ROOT / "include" / "gridflock", DOCS / "reference" / "cpp")
    cpp_pages.prepare(ROOT / "build" / "docs" / "doxygen" / "xml")
    figures.write(DOCS / "figures")
    app.connect("source-read", fill)
    app.connect("autodoc-process-signature", plain_signature)
