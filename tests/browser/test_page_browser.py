"""The HTML report in a real browser: it is fast, runs nothing that it shows, and can be used."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
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


def wait_for_text(page: Any, selector: str, pattern: str) -> None:
    # The page's policy lets no function of ours look more than once.
    page.locator(selector, has_text=re.compile(pattern)).wait_for()


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
    wait_for_text(page, "#count", "^300 frames$")


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


def stops(page: Any) -> list[int]:
    """The places of the frames, from 1, on which the tab key stops in the list."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#list a')]
        .flatMap((one, place) => one.tabIndex === 0 ? [place + 1] : [])"""
    )


def test_the_list_of_frames_is_one_stop_of_the_tab_key(page: Any) -> None:
    assert stops(page) == [1]
    page.click("#list li:nth-child(5) a")
    assert stops(page) == [5]
    page.keyboard.press("ArrowDown")
    assert stops(page) == [6]
    focused = "document.activeElement === document.querySelector('#list li:nth-child(6) a')"
    assert page.evaluate(focused)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "previous"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(focused)


def test_the_focus_in_the_list_goes_with_the_frame_that_is_shown(page: Any) -> None:
    page.click("#list li:nth-child(5) a")
    page.evaluate("location.hash = '#frame-session-0-80'")
    wait_for_text(page, "#where", "^Frame 21 ")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#frame-session-0-80"


def test_of_filtered_frames_one_that_is_shown_is_the_stop(page: Any) -> None:
    page.fill("[name=text]", "src/part_17.py")
    assert stops(page) == [18]
    assert page.locator("#list a[tabindex='0']").is_visible()
    page.fill("[name=text]", "(.*")
    assert stops(page) == []
    page.click("button[type=reset]")
    wait_for_text(page, "#count", "^300 frames$")
    assert stops(page) == [1]


def test_without_keys_arrows_still_lead_through_the_list(page: Any) -> None:
    page.uncheck("[name=keys]")
    page.click("#list li:nth-child(2) a")
    page.keyboard.press("ArrowDown")
    assert where(page) == 3
    page.focus("#next")
    page.keyboard.press("ArrowRight")
    assert where(page) == 3


def test_a_frame_has_an_address_of_its_own(browser: Any, large: Path) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(large.as_uri() + "#frame-session-0-80")
    page.wait_for_selector("html[data-ready]", state="attached")
    assert where(page) == 21
    assert page.locator("#detail").is_visible()
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url.endswith("#frame-session-0-84"))
    page.evaluate("location.hash = '#frame-session-0-8'")
    wait_for_text(page, "#where", "^Frame 3 ")
    context.close()


def test_a_click_on_the_timeline_goes_to_the_nearest_frame(page: Any) -> None:
    box = page.locator("#track svg").bounding_box()
    page.locator("#track svg").click(position={"x": box["width"] / 2, "y": 10})
    assert abs(where(page) - FRAMES / 2) < 5


# --- faults ---------------------------------------------------------------------------------------


def flag_all(table: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Put two flags on each reply, and a fault of its own on the fourth frame alone."""
    if table != "grades":
        return row
    outcome = "swapped" if number == 3 else "right"
    return row | {"flags": ["loop", "too_brief"], "invented": [], "attribution": outcome}


def asked_alone(table: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """As above, with a request for each frame."""
    row = flag_all(table, number, row)
    if table in ("grades", "descriptions"):
        row |= {"request_uid": f"{row['model']}-{row['frame_index']}"}
    return row


def faults(page: Any) -> int:
    """How many frames are red on the timeline."""
    return page.get_attribute("#track path.fault", "d").count("M")


def test_a_flag_of_a_reply_is_no_fault_of_each_of_its_frames(browser: Any, drawn: Drawn) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, drawn(16, 1, change=flag_all))
    assert faults(page) == 1
    badges = page.locator("#list .badge.warn", has_text="flag")
    assert set(badges.all_text_contents()) == {"2 flags of the reply"}
    assert badges.count() == 16
    assert "Flags are of the whole reply, which is about 8 frames." in page.inner_text("#detail")
    page = open_page(context, drawn(16, 2, change=flag_all))
    assert page.locator("#list .badge", has_text="4 flags of replies").count() == 16
    context.close()


def test_a_flag_is_a_fault_of_a_frame_that_was_asked_about_alone(
    browser: Any, drawn: Drawn
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, drawn(16, 1, change=asked_alone))
    assert faults(page) == 16
    badges = page.locator("#list .badge.warn", has_text="flag")
    assert set(badges.all_text_contents()) == {"2 flags"}
    assert "whole reply" not in page.inner_text("#detail")
    context.close()


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


def shaded(page: Any, box: Any) -> tuple[bool, bool]:
    """Whether the left and the right edge of a box look unlike the page behind it."""
    # What is written there would be unlike it, too.
    page.evaluate("(one) => { one.firstElementChild.style.visibility = 'hidden'; }", box)
    image = cv2.imdecode(np.frombuffer(box.screenshot(), np.uint8), cv2.IMREAD_COLOR).astype(int)
    behind = image[:, image.shape[1] // 2]
    return tuple(bool(np.abs(image[:, edge] - behind).max() > 20) for edge in (2, -3))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_edge_behind_which_there_is_more_has_a_shadow(
    browser: Any, large: Path, scheme: Any
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)
    page = open_page(context, large)
    boxes = page.query_selector_all(".scroll")
    more = "(one) => one.checkVisibility() ? one.scrollWidth - one.clientWidth : null"
    hidden = {box: box.evaluate(more) for box in boxes}
    wide = [box for box in boxes if (hidden[box] or 0) > 80]
    assert wide[1:]
    for box in (wide[0], wide[-1]):
        assert shaded(page, box) == (False, True)
        box.evaluate("(one) => { one.scrollLeft = 40; }")
        assert shaded(page, box) == (True, True)
        box.evaluate("(one) => { one.scrollLeft = one.scrollWidth; }")
        assert shaded(page, box) == (True, False)
    page.set_viewport_size(DESKTOP)
    narrow = next(box for box in boxes if box.evaluate(more) == 0)
    assert shaded(page, narrow) == (False, False)
    page.emulate_media(media="print")
    assert wide[0].evaluate("(one) => getComputedStyle(one).backgroundImage") == "none"
    context.close()


def test_the_contents_are_folded_where_they_would_hide_the_answer(page: Any) -> None:
    link = page.locator("#contents a").first
    assert link.is_visible()
    page.set_viewport_size(PHONE)
    page.wait_for_selector("#contents:not([open])")
    assert not link.is_visible()
    assert page.locator(".answer").bounding_box()["y"] < PHONE["height"] / 4
    page.click("#contents summary")
    heights = page.evaluate(
        """() => [...document.querySelectorAll('#contents a, summary')]
        .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().height)"""
    )
    assert len(heights) > 8 and min(heights) >= 24
    page.emulate_media(media="print")
    assert not link.is_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size(DESKTOP)
    page.wait_for_selector("#contents[open]")
    assert link.is_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_contents_can_be_used_without_scripts(
    browser: Any, large: Path, viewport: dict[str, int]
) -> None:
    context = browser.new_context(viewport=viewport, java_script_enabled=False)
    page = context.new_page()
    page.goto(large.as_uri())
    if viewport is PHONE:
        page.click("#contents summary")
    page.click("#contents a >> nth=2")
    assert "#section-" in page.url
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
    regions = page.evaluate(
        """() => [...document.querySelectorAll('main .scroll[role=region]')]
        .map((one) => one.getAttribute('aria-label'))"""
    )
    assert len(set(regions)) == len(regions) > 8
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
    assert count(page) == f"{len(HOSTILE)} frames"
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
    page.evaluate(
        """async () => { while (!(broken.includes('img-src') && broken.includes('fetch')))
        await new Promise((done) => setTimeout(done, 20)); }"""
    )
    assert "html" in page.evaluate("broken") and "text" in page.evaluate("broken")
    assert page.evaluate("window.__acted") is None
    watched.context.close()
