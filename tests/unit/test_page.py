"""The HTML report: its words are those of the Markdown report, its data is whole and harmless."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import pytest

from scribebench.report.data import ReportData
from scribebench.report.escape import inline as escaped
from scribebench.report.markdown import write_markdown
from scribebench.report.page import frames as frame_data
from scribebench.report.page.assemble import write_page
from scribebench.report.page.frames import as_script, choose, payload
from scribebench.report.page.from_markdown import convert, inline, plain
from scribebench.report.page.pictures import data_uris
from scribebench.report.page.plots import plots
from scribebench.report.page.svg import Scale, around, decades, front, ticks
from unit.test_report import KEY, OCR_KEY, OCR_RUN, RUN, STAGE, Tables, described, frame
from unit.videos import plain as plain_picture

Row = dict[str, Any]
HOSTILE = (
    "<script>x</script> | `a` **b** [c](javascript:d) ![e](<f>) \x1b[2J \u202e </script> {{data}}"
)
VOID = {"meta", "img", "br", "input", "hr"}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "tables")


def graded(index: int, **changes: Any) -> Row:
    return (
        KEY
        | {
            "request_uid": "u",
            "slot": index,
            "frame_index": index,
            "flags": [],
            "flags_json": "{}",
            "attribution": "right",
            "grounded": ["main.py"],
            "invented": [],
            "grounded_share": 1.0,
            "specifics_grounded": 1,
            "specifics_invented": 0,
        }
        | changes
    )


class Parsed(HTMLParser):
    """The elements of a page; fails when one is not closed or closed twice."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def data_of(page: str) -> Any:
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1]
    )


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a **b** *c* `d`", "a <strong>b</strong> <em>c</em> <code>d</code>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("**a", "<strong>a</strong>"),
        (r"\*a\* \`b\` \| &#60;c&#62;", "*a* `b` | &lt;c&gt;"),
        ("`<b>&amp;`", "<code>&lt;b&gt;&amp;amp;</code>"),
        ("<b onclick=x>", "&lt;b onclick=x&gt;"),
        ("[a](javascript:b)", "[a](javascript:b)"),
        ("[a](#b)", '<a href="#b">a</a>'),
        ("[a](https://b.test)", "[a](https://b.test)"),
        ("![a](<no.jpg>)", "a"),
        ("![a<b](<p-1>)", '<img src="data:x" alt="a&lt;b" decoding="async">'),
        ("&#99999999;&#1114112;", "&amp;#99999999;\ufffd"),
    ],
)
def test_a_line_of_markdown_as_html(markdown: str, html: str) -> None:
    assert inline(markdown, {"p-1": "data:x"}) == html


def test_blocks_of_markdown_as_html() -> None:
    found = convert(
        "# T\n\nopening\n\n## One\n\n- a\n- b\n\n### Sub\n\n```text\n## no\n\n| x |\n```\n\n"
        "| h | n |\n| --- | ---: |\n| a \\| b | 1.0 (0.5–2.0) |\n\nend\nof it"
    )
    assert found.opening == "<p>opening</p>"
    [section] = found.sections
    assert section.title == "One"
    assert "<ul><li>a</li><li>b</li></ul>" in section.body
    assert '<pre dir="auto">## no\n\n| x |</pre>' in section.body
    assert '<th scope="row">a | b</th><td class="num short">1.0 (0.5–2.0)</td>' in section.body
    assert '<th scope="col" class="num">n</th>' in section.body
    assert section.body.endswith("<p>end of it</p>")


def test_each_table_has_a_name_of_its_own() -> None:
    table = "| a |\n| --- |\n| b |\n\n"
    found = convert(
        f"# T\n\n{table}## One\n\n{table}{table}### Sub & *c*\n\n{table}#### Low\n\n{table}"
        f"## Two\n\n{table}"
    )
    html = found.opening + "".join(section.body for section in found.sections)
    names = ["The answer", "One", "One, 2", "Sub &amp; c", "Sub &amp; c, 2", "Two"]
    assert re.findall('aria-label="Table: ([^"]*)"', html) == names
    assert re.findall('<caption class="sr">([^<]*)</caption>', html) == names


@pytest.mark.parametrize(
    "text", [HOSTILE, "a_b ~c~ #d $e 1. f", "<&>@ http://x.test", "\\", "|" * 9]
)
def test_what_was_escaped_for_markdown_comes_out_as_it_was(text: str) -> None:
    shown = re.sub(r"[\x00-\x1f\u202e]", "\ufffd", text)
    assert plain(escaped(text)) == shown
    found = convert(f"| a | b |\n| --- | --- |\n| {escaped(text)} | c |")
    assert len(re.findall(r"<t[hd]\b", found.opening)) == 4


def test_the_page_says_all_that_the_markdown_report_says(tables: Tables) -> None:
    data = tables.read(stages=[STAGE])
    markdown, page = write_markdown(data, None), write_page(data, None)
    for heading in re.findall(r"^## (.*)$", markdown, re.M):
        assert f">{heading}</h2>" in page
    for line in re.findall(r"^[A-Z][^|*`\\&<>\n]{30,}$", markdown, re.M):
        assert line.replace("'", "&#x27;").replace('"', "&quot;") in page


def test_every_plot_belongs_to_a_section_that_there_is(tables: Tables) -> None:
    data = tables.read(stages=[STAGE])
    headings = re.findall(r"^## (.*)$", write_markdown(data, None), re.M)
    assert set(plots(data)) <= set(headings)
    assert ">Plots</h2>" not in write_page(data, None)


# --- the file -------------------------------------------------------------------------------------


def test_the_page_may_run_and_style_itself_and_load_nothing(tables: Tables) -> None:
    page = write_page(tables.read(), None)
    parsed = Parsed(page)
    policy = next(one["content"] for one in parsed.all("meta") if "http-equiv" in one)
    assert policy.startswith("default-src 'none';") and "img-src data:;" in policy
    for kind, pattern in (("style", "<style>(.*?)</style>"), ("script", "<script>(.*?)</script>")):
        [text] = re.findall(pattern, page, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not [tag for tag, _ in parsed.tags if tag in ("link", "iframe", "base", "object")]
    for _, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/webp;base64,"))


def test_the_page_can_be_read_by_a_machine(tables: Tables) -> None:
    parsed = Parsed(write_page(tables.read(stages=[STAGE]), None))
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for one in parsed.all("a"):
        assert one["href"][1:] in ids
    for _, attributes in parsed.tags:
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in {*ids, "frame-heading"}
    assert len(parsed.all("main")) == len(parsed.all("h1")) == len(parsed.all("footer")) == 1
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert len(parsed.all("title")) == 1 + len(parsed.all("svg")) == 1 + len(parsed.all("desc"))
    assert all("alt" in one for one in parsed.all("img"))
    assert all("scope" in one for one in parsed.all("th"))


def test_hostile_text_is_text_everywhere(tables: Tables) -> None:
    data = tables.read(
        descriptions=[described(0, HOSTILE, visible=HOSTILE, apps=[HOSTILE], activity=HOSTILE)],
        grades=[graded(0, flags=[HOSTILE], invented=[HOSTILE], flags_json='["x"]')],
        runs=[RUN | {"os": HOSTILE, "workflow_version": HOSTILE}],
        labels={"some": HOSTILE},
    )
    data = replace(data, titles={"monday": HOSTILE}, refused=[HOSTILE])
    page = write_page(data, None)
    parsed = Parsed(page)
    assert len(parsed.all("script")) == 2 and not parsed.all("img")
    assert "\x1b" not in page and "\u202e" not in page
    [found] = data_of(page)["frames"]
    [said] = found["said"]
    assert said["text"] == HOSTILE.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd")


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "\u2028", "&lt;", '"', "\\"])
def test_data_cannot_end_its_element_and_comes_back(text: str) -> None:
    written = as_script({"a": text})
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == {"a": text}


# --- the frames -----------------------------------------------------------------------------------


def test_each_frame_has_what_every_candidate_says(tables: Tables) -> None:
    data = tables.read(
        runs=[RUN, OCR_RUN],
        descriptions=[described(0, "It shows main.py."), described(0, None) | OCR_KEY],
        grades=[
            graded(0, flags=["loop"], flags_json='{"loop": "seen"}', swapped_with_slot=1,
                   attribution="swapped", truth_segment=2, truth_app_named=False,
                   truth_key_strings_found=["a"], truth_key_strings_missing=["b"],
                   truth_topics_found=[], truth_topics_missing=["c"]),
            graded(1),
        ],
        agreement=[
            {"session": "monday", "frame_index": 0, "similarity": 0.4, "run_a": "some/base",
             "run_b": "ocr-baseline/base", "only_a": ["x"], "only_b": [], "dispute_rank": 1}
        ],
    )  # fmt: skip
    found = payload(data, choose(data), {("monday", 0): "data:x"})
    assert found["sessions"] == [{"id": "monday", "title": "Monday", "length": 3700.0}]
    assert [one["baseline"] for one in found["candidates"]] == [False, True]
    [one] = found["frames"]
    assert (one["index"], one["picture"], one["alike"], one["rank"]) == (0, "data:x", 0.4, 1)
    first, second = one["said"]
    assert first["flags"] == ["loop"] and first["why"] == {"loop": "seen"}
    assert first["other"] == {"index": 1, "time": 1.0}
    assert first["truth"] == {"segment": 2, "app": False, "found": ["a"], "missing": ["b", "c"]}
    assert second["text"] is None and second["candidate"] == 1


def test_each_description_tells_how_many_frames_its_reply_is_about(tables: Tables) -> None:
    data = tables.read(
        frames=[frame(index) for index in range(4)],
        descriptions=[described(index) for index in range(4)],
        grades=[graded(0), graded(1), graded(2, request_uid="v")],
    )
    found = payload(data, choose(data), {})["frames"]
    assert [one["said"][0].get("together") for one in found] == [2, 2, 1, None]


def many(tables: Tables, count: int, grades: list[Row]) -> ReportData:
    return tables.read(
        frames=[frame(index) for index in range(count)],
        descriptions=[described(index) for index in range(count)],
        grades=grades,
    )


def test_of_many_frames_the_worst_and_some_others_are_held(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_data, "MOST_FRAMES", 10)
    grades = [graded(77, attribution="swapped"), graded(33, flags=["loop"])]
    data = many(tables, 100, grades)
    chosen = choose(data, most=10)
    indices = [row["frame_index"] for row in chosen.frames]
    assert len(indices) == len(set(indices)) == 10
    assert {33, 77} <= set(indices) and indices == sorted(indices)
    assert max(b - a for a, b in pairwise(indices)) < 20
    assert chosen.words().startswith("10 of 100 described frames stand here: the 2 most worth")
    assert choose(many(tables, 10, []), most=10).words() is None


def test_a_long_text_is_cut_and_says_so(tables: Tables) -> None:
    data = tables.read(descriptions=[described(0, "x" * 9000)])
    [said] = payload(data, choose(data), {})["frames"][0]["said"]
    assert len(said["text"]) == 4000 and said["cut"]


def test_a_page_without_descriptions_has_no_frames(tables: Tables) -> None:
    page = write_page(tables.read(descriptions=[]), None)
    assert 'id="browser"' not in page and data_of(page)["frames"] == []


def test_pictures_are_small_and_one_that_is_missing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "monday/frames").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "monday/frames/0.jpg"), plain_picture(90, 1280, 800))
    found = data_uris([frame(0), frame(1)], tmp_path)
    [(key, uri)] = found.items()
    assert key == ("monday", 0)
    image = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    assert image[:4] == b"RIFF" and len(image) < 20_000


def test_without_pictures_the_page_says_what_shows_them(tables: Tables, tmp_path: Path) -> None:
    assert "Pictures are left out" in write_page(tables.read(), None)
    assert "Pictures are left out" not in write_page(tables.read(), tmp_path)


# --- plots ----------------------------------------------------------------------------------------


def test_a_plot_without_data_says_what_would_bring_it(tables: Tables) -> None:
    found = {
        one.title: one.html() for some in plots(tables.read(stages=[])).values() for one in some
    }
    told = [html for html in found.values() if 'class="missing"' in html]
    assert len(told) == 4
    assert any("<code>canaries: {batch_sizes: [1, 3, 5, 8, 20]}</code>" in html for html in told)
    assert any("<code>rubric: {variants: 10, repeats: 1}</code>" in html for html in told)
    assert any("<code>models: [ocr-baseline, qwen3-vl-4b]</code>" in html for html in told)


def test_a_plot_has_a_name_a_description_and_its_numbers(tables: Tables) -> None:
    data = tables.read(grades=[graded(0, grounded_share=0.5), graded(1)])
    _, plot = plots(data)["Candidates"]
    [(name, seconds, share, best)] = plot.rows
    assert (name, seconds, best) == ("Some model", "2.00 (n 1)", "yes")
    assert re.fullmatch(r"75 % \(\d+–100 %, n 2\)", share)
    html = plot.html()
    assert 'role="img"' in html and "<title id=" in html and "<desc id=" in html
    assert '<caption class="sr">' in html


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 1)], [0]),
        ([(1, 1), (2, 2)], [0, 1]),
        ([(2, 1), (1, 2)], [1]),
        ([(1, 2), (1, 3), (2, 3), (3, 4)], [1, 3]),
        ([], []),
    ],
)
def test_the_front_is_what_no_other_point_beats(
    points: list[tuple[float, float]], expected: list[int]
) -> None:
    assert front(points) == expected


def test_scales_and_ticks() -> None:
    assert Scale(0, 10, 100, 200)(5) == 150
    assert Scale(1, 100, 0, 10, log=True)(10) == 5
    assert Scale(3, 3, 0, 10)(3) == 5
    assert ticks(0, 10) == [0, 2, 4, 6, 8, 10]
    assert ticks(1, 1) == [1]
    assert decades(0.5, 30) == [0.5, 1, 2, 5, 10, 20]
    low, high = around([2.0, 2.0])
    assert low < 2 < high
