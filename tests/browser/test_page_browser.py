"""The HTML report in a real browser: it is fast, runs nothing that it shows, and can be used."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from browser.hostile import HOSTILE
from support.chromium import filter_ms, first_paint_ms, open_page

Drawn = Callable[..., Path]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
FRAMES, MODELS = 300, 4
# Generous, as machines that test are busy; benchmarks/page_speed.py has the figures.
PAINT_MS, FILTER_MS = 3000, 300


@pytest.fixture(scope="module")
def large(drawn: Drawn) -> Path:
    return drawn(FRAMES, MODELS)


@pytest.fixture
def page(browser: Any, large: Path) -> Iterator[Any]:
    context = browser.new_context(viewport=DESKTOP)
    yield open_page(context, large)
    context.close()


def count(page: Any) -> str:
    return page.inner_text("#count")


def where(page: Any) -> int:
    """The place of the frame that is shown, from 1."""
    return int(re.match(r"Frame (\d+) of ", page.inner_text("#where"))[1])


def overflow(page: Any) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


# --- speed ----------------------------------------------------------------------------------------


def test_it_is_fast_with_300_frames_of_4_models(page: Any) -> None:
    assert first_paint_ms(page) < PAINT_MS
    page.select_option("[name=flag]", "*")
    page.fill("[name=text]", "editor")
    page.select_option("[name=order]", "dispute")
    taken = filter_ms(page)
    assert len(taken) >= 4
    assert max(taken) < FILTER_MS


def test_pictures_far_down_the_list_are_not_decoded(page: Any) -> None:
    page.locator("#browser").scroll_into_view_if_needed()
    page.wait_for_selector("#list img[src]")
    assert 0 < page.locator("#list img[src]").count() < FRAMES / 3
    assert page.locator("#list img").count() == FRAMES


# --- filters --------------------------------------------------------------------------------------


def test_filters_and_their_count(page: Any) -> None:
    assert count(page) == "300 frames"
    page.select_option("[name=flag]", "*")
    flagged = count(page)
    assert re.fullmatch(r"\d+ of 300 frames", flagged)
    shown = int(flagged.split()[0])
    assert page.locator("#list li:visible").count() == shown
    page.select_option("[name=candidate]", label="Model 2")
    assert int(count(page).split()[0]) < shown
    page.click("button[type=reset]")
    page.wait_for_function("document.querySelector('#count').textContent === '300 frames'")


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        ("flag", "loop", "(said) => said.flags.includes('loop')"),
        ("attribution", "swapped", "(said) => said.attribution === 'swapped'"),
        ("named", "invented", "(said) => said.invented.length > 0"),
        ("named", "grounded", "(said) => said.grounded.length > 0 && !said.invented.length"),
        ("candidate", "3", "(said) => said.candidate === 3"),
    ],
)
def test_a_filter_shows_the_frames_that_it_names(
    page: Any, field: str, value: str, holds: str
) -> None:
    page.select_option(f"[name={field}]", value)
    frames = "JSON.parse(document.querySelector('#data').textContent).frames"
    expected = page.evaluate(f"{frames}.filter((one) => one.said.some({holds})).length")
    assert page.locator("#list li:visible").count() == expected > 0


def test_text_is_looked_for_as_it_stands_and_marked(page: Any) -> None:
    page.fill("[name=text]", "src/part_17.py")
    assert count(page) == "1 of 300 frames"
    assert page.locator("#detail .card.match mark", has_text="src/part_17.py").count() >= 4
    page.fill("[name=text]", "(.*")
    assert count(page) == "0 of 300 frames"
    assert "No frame fits" in page.inner_text("#detail")


def test_the_most_disputed_come_first(page: Any) -> None:
    page.select_option("[name=dispute]", "listed")
    page.select_option("[name=order]", "dispute")
    assert "number 1 of the most disputed" in page.inner_text("#detail")


def test_what_is_grounded_and_what_is_invented_is_marked_and_said(page: Any) -> None:
    card = page.locator("#detail .card").first
    assert card.locator("mark.invented").count() == 2  # the first model invents two
    assert "(not on the screen)" in card.locator("mark.invented").first.text_content()
    assert card.locator("mark.grounded").count() >= 3
    line = "(one) => getComputedStyle(one).textDecorationStyle"
    assert card.locator("mark.invented").first.evaluate(line) == "wavy"
    assert card.locator("mark.grounded").first.evaluate(line) == "solid"


# --- moving ---------------------------------------------------------------------------------------


def test_keys_go_from_frame_to_frame(page: Any) -> None:
    page.click("#list li:nth-child(5) a")
    assert where(page) == 5
    for key, place in (("j", 6), ("k", 5), ("ArrowDown", 6), ("ArrowRight", 7), ("ArrowUp", 6)):
        page.keyboard.press(key)
        assert where(page) == place
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"
    page.keyboard.press("End")
    assert where(page) == FRAMES
    assert page.is_disabled("#next")
    page.keyboard.press("j")
    assert where(page) == FRAMES


def test_keys_are_text_in_a_field_and_can_be_switched_off(page: Any) -> None:
    page.click("[name=text]")
    page.keyboard.type("j")
    assert page.input_value("[name=text]") == "j"
    page.fill("[name=text]", "")
    page.uncheck("[name=keys]")
    page.click("#list li:nth-child(2) a")
    page.keyboard.press("j")
    assert where(page) == 2


def test_everything_can_be_reached_by_the_tab_key(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.focus("[name=text]")
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.type"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert reached[:2] == ["candidate", "flag"]
    assert "keys" in reached and "reset" in reached


def test_a_frame_has_an_address_of_its_own(browser: Any, large: Path) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(large.as_uri() + "#frame-session-0-80")
    page.wait_for_selector("html[data-ready]", state="attached")
    assert where(page) == 21
    assert page.locator("#detail").is_visible()
    page.keyboard.press("j")
    assert page.url.endswith("#frame-session-0-84")
    page.evaluate("location.hash = '#frame-session-0-8'")
    page.wait_for_function("document.querySelector('#where').textContent.startsWith('Frame 3 ')")
    context.close()


def test_a_click_on_the_timeline_goes_to_the_nearest_frame(page: Any) -> None:
    box = page.locator("#track svg").bounding_box()
    page.locator("#track svg").click(position={"x": box["width"] / 2, "y": 10})
    assert abs(where(page) - FRAMES / 2) < 5


# --- how it looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_in_light_and_dark(
    browser: Any, large: Path, viewport: dict[str, int], scheme: Any, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = open_page(context, large)
    assert overflow(page) <= 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert bright > 700 if scheme == "light" else bright < 100
    assert page.screenshot(path=tmp_path / "page.png", full_page=False)
    context.close()


def test_the_theme_can_be_switched(page: Any) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.click("#theme")
    assert page.inner_text("#theme") == "Theme: light"
    page.click("#theme")
    assert page.inner_text("#theme") == "Theme: dark"
    assert page.evaluate(background) != light
    page.reload()
    assert page.inner_text("#theme") == "Theme: dark"


def test_on_paper_there_are_no_controls(browser: Any, large: Path, tmp_path: Path) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme="dark")
    page = open_page(context, large)
    assert page.pdf(path=tmp_path / "page.pdf", format="A4")
    page.emulate_media(media="print")
    for control in ("#theme", "#filters", "#list", "#previous", "body > nav"):
        assert not page.locator(control).first.is_visible(), control
    assert page.locator("#detail").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


def test_without_scripts_the_report_stands_and_says_what_is_missing(
    browser: Any, large: Path
) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(large.as_uri())
    assert "needs JavaScript" in page.inner_text("noscript")
    assert page.locator("#browser").is_hidden()
    assert page.locator("h2").count() > 8
    context.close()


def test_the_tree_for_screen_readers_has_names(page: Any) -> None:
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll(
            'button, input, select, svg[role=img], [role=region], nav')]
        .filter((one) => !one.hidden && one.getClientRects().length)
        .filter((one) => !(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby')
            || one.closest('label') || one.textContent.trim()))
        .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


# --- text that tries to act -----------------------------------------------------------------------


class Watched:
    """A page that is watched from before its opening: what ran, asked or left."""

    def __init__(self, browser: Any, file: Path, viewport: dict[str, int]):
        self.context = browser.new_context(viewport=viewport)
        self.acted: list[str] = []
        page = self.page = self.context.new_page()
        page.on("dialog", lambda dialog: (self.acted.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: self.acted.append(str(error)))
        page.on("popup", lambda popup: self.acted.append("popup"))
        page.on("request", lambda request: self._see(request.url, file))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)

    def _see(self, url: str, file: Path) -> None:
        if url != file.as_uri() and not url.startswith("data:image/webp;"):
            self.acted.append(url)

    def is_harmless(self) -> None:
        page = self.page
        assert self.acted == []
        assert page.evaluate("window.__acted") is None
        assert page.evaluate("({}).polluted") is None
        assert page.url.startswith("file:")
        made = page.evaluate(
            """() => ({
            scripts: document.scripts.length, styles: document.styleSheets.length,
            foreign: document.querySelectorAll(
                'iframe, object, embed, base, video, audio, link').length,
            handlers: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes])
                .filter((one) => /^on|^style$/.test(one.name)).length,
            addresses: [...document.querySelectorAll('[href], [src], [srcset], [action]')]
                .flatMap((one) => ['href', 'src', 'srcset', 'action']
                    .map((name) => one.getAttribute(name)))
                .filter((one) => one && !/^#|^data:image.webp;/.test(one)),
            })"""
        )
        assert made == {"scripts": 2, "styles": 1, "foreign": 0, "handlers": 0, "addresses": []}


def test_there_are_200_hostile_strings() -> None:
    assert len(set(HOSTILE)) == 202


def act(table: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Put a hostile string into all text of a row."""
    text = HOSTILE[number % len(HOSTILE)]
    new: dict[str, Any] = {
        "descriptions": {
            "text": text, "visible": text, "activity": text, "apps": [text], "topics": [text]
        },
        "grades": {
            "flags": [text], "flags_json": '{"loop": "<b>x</b>"}', "grounded": [text, text[:5]],
            "invented": [text[::-1], text], "truth_segment": 0, "truth_app_named": True,
            "truth_key_strings_found": [text], "truth_key_strings_missing": [text],
            "truth_topics_found": [], "truth_topics_missing": [],
        },
        "agreement": {"only_a": [text], "only_b": [text], "dispute_rank": number + 1},
        "sessions": {"recording": text, "losses": [text]},
        "runs": {"os": text, "cpu_model": text, "model_id": text, "workflow_version": text},
    }.get(table, {})  # fmt: skip
    return row | new


@pytest.fixture(scope="module")
def hostile_texts(drawn: Drawn) -> Path:
    """A page with a session for each hostile string, which stands in all texts of its frame."""
    titles = {f"session-{number}": text for number, text in enumerate(HOSTILE)}
    labels = {"model-0": HOSTILE[0], "model-1": HOSTILE[1]}
    names = {"titles": titles, "labels": labels, "refused": HOSTILE}
    return drawn(len(HOSTILE), 2, names, sessions=len(HOSTILE), change=act)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_text_of_a_run_acts_or_breaks_the_layout(
    browser: Any, hostile_texts: Path, viewport: dict[str, int]
) -> None:
    watched = Watched(browser, hostile_texts, viewport)
    page = watched.page
    assert overflow(page) <= 0
    assert count(page) == "200 frames"
    for place in range(len(HOSTILE)):
        page.evaluate("document.querySelector('#next').click()")
        assert overflow(page) <= 0, HOSTILE[place]
        cards = page.evaluate(
            """() => { const pane = document.querySelector('#frame').getBoundingClientRect();
            return [...document.querySelectorAll('#detail, .card, .said, #detail h3')]
                .every((one) => one.getBoundingClientRect().right <= pane.right + 1); }"""
        )
        assert cards, HOSTILE[place]
    assert where(page) == len(HOSTILE)
    watched.is_harmless()
    watched.context.close()


def test_no_text_that_is_looked_for_acts(browser: Any, hostile_texts: Path) -> None:
    watched = Watched(browser, hostile_texts, DESKTOP)
    for text in HOSTILE:
        watched.page.fill("[name=text]", text)
        assert re.match(r"\d+ (of 202 )?frames", count(watched.page))
    watched.is_harmless()
    watched.context.close()


def test_no_name_of_a_candidate_acts_or_breaks_the_layout(browser: Any, drawn: Drawn) -> None:
    labels = {f"model-{number}": text for number, text in enumerate(HOSTILE)}
    unneeded = ("attribution", "rubric_items", "agreement")
    file = drawn(2, len(HOSTILE), {"labels": labels}, leave_out=unneeded)
    watched = Watched(browser, file, DESKTOP)
    assert overflow(watched.page) <= 0
    for place in range(len(HOSTILE)):
        watched.page.select_option("[name=candidate]", str(place))
    watched.is_harmless()
    watched.page.set_viewport_size(PHONE)
    assert overflow(watched.page) <= 0
    watched.context.close()


def test_nothing_may_be_loaded_or_run_besides(browser: Any, large: Path) -> None:
    watched = Watched(browser, large, DESKTOP)
    page = watched.page
    page.evaluate(
        """() => {
        const [body, script] = [document.body, document.createElement('script')];
        window.broken = [];
        document.addEventListener(
            'securitypolicyviolation', (one) => broken.push(one.effectiveDirective));
        body.append(Object.assign(new Image(), { src: 'https://evil.test/x.png' }), script);
        try { script.text = 'window.__acted = 1'; } catch { broken.push('text'); }
        try { body.insertAdjacentHTML('beforeend', '<p>x'); } catch { broken.push('html'); }
        fetch('https://evil.test/x').catch(() => broken.push('fetch'));
        }"""
    )
    page.wait_for_function("broken.includes('img-src') && broken.includes('fetch')")
    assert "html" in page.evaluate("broken") and "text" in page.evaluate("broken")
    assert page.evaluate("window.__acted") is None
    watched.context.close()
