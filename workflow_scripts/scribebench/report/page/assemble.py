"""Put the page together: one file that loads nothing, and may run only what stands here."""

import base64
import hashlib
import re
from html import escape
from pathlib import Path

from scribebench.harmless import visible
from scribebench.report.data import ReportData
from scribebench.report.markdown import choose_examples, write_markdown
from scribebench.report.page.frames import as_script, choose, payload
from scribebench.report.page.from_markdown import Section, convert, inline
from scribebench.report.page.pictures import data_uris
from scribebench.report.page.plots import joined, plots

FOLDER = Path(__file__).parent
BROWSER = "Frames"
# The browser stands after this section, or before the last one when there is none of the name.
BEFORE_BROWSER = "Where the models differ most"
NO_PICTURES = (
    " Pictures are left out, as `report.images` in `config/config.yaml` says; `thumbnails` shows "
    "them."
)


def write_page(data: ReportData, sessions: Path | None) -> str:
    """Return the page; `sessions` is the folder with kept pictures, null for no pictures."""
    chosen = choose(data)
    examples = [frame for _, frame in choose_examples(data)]
    pictures = {} if sessions is None else data_uris([*chosen.frames, *examples], sessions)
    names = {key: f"picture-{place}" for place, key in enumerate(pictures)}
    document = convert(
        write_markdown(data, None if sessions is None else names),
        {name: pictures[key] for key, name in names.items()},
    )
    sections = _with_plots(data, document.sections)
    if chosen.frames:
        bound = chosen.words()
        browser = _filled(
            "browser.html",
            bound=escape(bound) if bound else "",
            pictures="" if sessions is not None else inline(NO_PICTURES, {}),
        )
        titles = [section.title for section in sections]
        place = titles.index(BEFORE_BROWSER) + 1 if BEFORE_BROWSER in titles else len(titles)
        sections.insert(place, Section(BROWSER, browser))
    style, script = (_file(name) for name in ("page.css", "page.js"))
    titles = ", ".join(visible(data.titles.get(row["session"], "")) for row in data.sessions)
    versions = dict.fromkeys(run["workflow_version"] for run in data.runs)
    return _filled(
        "page.html",
        policy=policy(style, script),
        title=escape(f"Scribebench report: {titles}"[:200]),
        style=style,
        contents="".join(
            f'<li><a href="#{_id(section)}">{escape(section.title)}</a></li>'
            for section in sections
        ),
        answer=document.opening,
        sections="\n".join(map(_section, sections)),
        footer=escape(visible(f"Scribebench {', '.join(filter(None, versions))}"[:200].strip()))
        + ". Each figure can be traced to its rows in <code>results/tables</code>.",
        data=as_script(payload(data, chosen, pictures)),
        script=script,
    )


def policy(style: str, script: str) -> str:
    """Return the content security policy: nothing is loaded, only these two texts have effect."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _with_plots(data: ReportData, sections: list[Section]) -> list[Section]:
    """Return the sections with their plots; those of a section that is not there come last."""
    found = plots(data)
    filled = [
        Section(section.title, section.body + joined(found.pop(section.title, ())))
        for section in sections
    ]
    if found:
        filled.append(Section("Plots", "".join(map(joined, found.values()))))
    return filled


def _section(section: Section) -> str:
    name = _id(section)
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(section.title)}</h2>'
        f"{section.body}</section>"
    )


def _id(section: Section) -> str:
    return "section-" + re.sub(r"[^a-z0-9]+", "-", section.title.lower()).strip("-")


def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _filled(name: str, **parts: str) -> str:
    """Return a template with its parts; what a part holds is not looked at again."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file(name))
