"""The page in a real browser: what a reader does with it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.report.shop import HOSTILE, many, write

pytestmark = pytest.mark.browser
SHOWN = "[data-language]:not([hidden]) "


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("en", "ltr")])
def test_opens_offline_in_either_language(visit, page: Path, language: str, direction: str) -> None:
    """It is mailed around: it must open anywhere, ask nothing of the network and say nothing on the console."""
    seen = visit(page, f"#{language}")
    root = seen.page.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == (language, direction)
    assert seen.page.evaluate("getComputedStyle(document.body).direction") == direction
    assert seen.page.locator(SHOWN + "h1").inner_text().strip()
    assert seen.page.evaluate("document.fonts.check('16px Vazirmatn')")
    assert seen.network == []
    assert seen.said == []


def test_language_switches_in_place(visit, page: Path) -> None:
    """A Persian report is forwarded to an English reader: everything must change, digits and filters too."""
    seen = visit(page)
    assert "۰" <= seen.page.locator(SHOWN + ".big").first.inner_text().strip("\u200e−+")[0] <= "۹"
    seen.page.locator(SHOWN + "[data-speak]").click()
    assert seen.page.locator("html").get_attribute("dir") == "ltr"
    assert seen.page.locator(SHOWN + ".big").first.inner_text().strip("−+")[0].isascii()
    assert "Pain" in seen.page.locator("select[name=kind]").inner_text()
    assert "Delivery and punctuality" in seen.page.locator("select[name=touchpoint]").inner_text()


def test_headline_to_verbatims_and_back_in_three_clicks(visit, page: Path) -> None:
    """The reader's walk: a headline number, the texts behind it, all of them with filters, and back."""
    seen = visit(page, "#en")
    first = seen.page.locator(SHOWN + ".answers ol .show").first
    first.click()  # one
    drawer = seen.page.locator("#drawer")
    drawer.locator(".text").first.wait_for()
    shown = int(drawer.get_attribute("data-texts"))
    assert shown > 5
    assert drawer.locator("mark.hit").count() > 0
    drawer.locator(".all").click()  # two
    assert int(seen.page.locator("#found").get_attribute("data-texts")) == shown
    first.click()
    drawer.locator(".back").click()  # three
    assert not drawer.is_visible()
    assert first.evaluate("e => e === document.activeElement")


def test_keyboard_opens_and_closes_the_drawer(visit, page: Path) -> None:
    """Readers without a mouse take the same walk: Enter opens, Escape returns to the number."""
    seen = visit(page, "#fa")
    number = seen.page.locator(SHOWN + ".headline .show").first
    number.focus()
    seen.page.keyboard.press("Enter")
    seen.page.locator("#drawer .text").first.wait_for()
    seen.page.keyboard.press("Escape")
    assert not seen.page.locator("#drawer").is_visible()
    assert number.evaluate("e => e === document.activeElement")


def test_every_number_opens_texts(visit, page: Path) -> None:
    """A number that leads to nothing is a number that nobody can check."""
    seen = visit(page, "#en")
    empty = seen.page.evaluate(
        """async () => {
          await Texts.ready;
          return [...document.querySelectorAll("[data-language=en] [data-show]")]
            .map((e) => [e.dataset.title, JSON.parse(e.dataset.show)])
            .filter(([_, s]) => !Texts.find(s.filter, s.first, s.only).texts.length);
        }"""
    )
    assert empty == []


def test_hostile_feedback_stays_text(visit, page: Path) -> None:
    """Feedback is written by strangers: markup in it is shown as written and never runs."""
    seen = visit(page, "#en")
    seen.page.fill("#filters [name=search]", "document.title")
    seen.page.wait_for_selector("#found[data-texts='1']")
    assert seen.page.locator("#texts .quote").text_content() == HOSTILE
    assert seen.page.title() != "owned"
    assert seen.page.locator("img").count() == 0
    assert seen.said == []


def test_marks_stand_right_after_emoji(visit, page: Path) -> None:
    """Browsers count UTF-16 units, Python characters: marks after an emoji must not slip."""
    seen = visit(page, "#fa")
    seen.page.fill("#filters [name=search]", "🙂")
    seen.page.wait_for_selector("#found[data-texts='1']")
    assert seen.page.locator("#texts mark").text_content() == "پیک دیر آمد"


def test_search_forgives_how_letters_were_typed(visit, page: Path) -> None:
    """Arabic yeh and kaf, and missing half-spaces, are the same words to a reader."""
    seen = visit(page, "#fa")
    counts = []
    for typed in ("برنامه موقع پرداخت بسته می‌شود", "برنامه موقع پرداخت بسته ميشود"):
        seen.page.fill("#filters [name=search]", typed)
        seen.page.wait_for_timeout(400)
        counts.append(seen.page.locator("#found").get_attribute("data-texts"))
    assert counts[0] == counts[1] != "0"


def test_nothing_overflows_on_a_telephone(visit, page: Path) -> None:
    """Forwarded reports are opened on telephones: the page itself must not scroll sideways."""
    for language in ("fa", "en"):
        seen = visit(page, f"#{language}", width=390)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_prints_to_pdf(visit, page: Path) -> None:
    """It ends as a PDF in a board pack: on paper there is the brief and no controls."""
    seen = visit(page, "#en")
    assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    seen.page.emulate_media(media="print")
    assert not seen.page.locator(SHOWN + "nav").is_visible()
    assert not seen.page.locator("#all-texts").is_visible()
    assert seen.page.locator(SHOWN + "h1").is_visible()


def test_fifty_thousand_mentions_filter_without_lag(visit, shop, found, tmp_path: Path) -> None:
    """The promise of the page at full size: under 15 MB, and an answer before the reader notices the wait."""
    big = many(shop, 84)
    assert len(big.mentions) > 50_000
    path = write(big, found, tmp_path)
    assert path.stat().st_size < 15e6
    seen = visit(path, "#fa")
    for name, value in (("kind", "pain"), ("touchpoint", "delivery"), ("search", "پیک")):
        milliseconds, count = seen.page.evaluate(
            """([name, value]) => {
              const spent = [];
              let found;
              for (let i = 0; i < 5; i += 1) {
                const started = performance.now();
                found = Texts.find({ [name]: value });
                Cards.show(document.getElementById("texts"), found, document.getElementById("texts-scroll"));
                spent.push(performance.now() - started);
              }
              return [spent.sort((a, b) => a - b)[2], found.texts.length];
            }""",
            [name, value],
        )
        assert count > 1000, name
        assert milliseconds < 400, name  # about 40 on an idle machine
    started = time.perf_counter()
    seen.page.select_option("select[name=stage]", "action")
    seen.page.wait_for_selector("#texts .text")
    assert time.perf_counter() - started < 3
    assert seen.said == []


def test_two_rows_of_the_map_are_compared(visit, page: Path) -> None:
    """Two periods or two groups beside each other: the difference has an interval, and only these rows stay."""
    seen = visit(page, "#en")
    seen.page.locator(SHOWN + "[data-compare]").first.select_option("source")
    group = seen.page.locator(SHOWN + "[data-group=source]")
    names = group.locator("[data-row]").evaluate_all("rows => rows.map((r) => r.dataset.row)")
    for side, name in zip("ab", names[:2], strict=True):
        group.locator(f"[data-side={side}]").select_option(name)
    assert group.locator("[data-row]:not([hidden])").count() == 2
    told = group.locator(".difference td").all_inner_texts()
    known = [t for t in told if t != "—"]
    assert known and all("95 % interval" in t.replace("\u00a0", " ") for t in known)
    shown = [
        group.locator(f"[data-row='{n}'] td").nth(told.index(known[0])).locator("b").inner_text() for n in names[:2]
    ]
    first, second = (int(s.replace("−", "-")) for s in shown)
    assert abs(int(known[0].split()[0].replace("−", "-")) - (second - first)) <= 1
    assert "period" in seen.page.locator(SHOWN + "[data-compare]").first.locator("option").evaluate_all(
        "options => options.map((o) => o.value)"
    )
