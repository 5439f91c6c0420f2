"""The desk in a real browser: what an analyst does with it."""

from __future__ import annotations

import json

import pyarrow.compute as pc
import pytest

from tests.desk.helpers import EVIL

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, served, keys):
    """A page of the desk, opened by the printed address; gives (page, address) and watches console and network."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(120_000)  # busy machines
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(f"{served}/?token={keys.token}&lang=fa")
    yield opened, served
    assert said == []
    assert [url for url in asked if not url.startswith(served)] == []
    context.close()


def test_search_correct_reload_and_find_it_in_the_log(page, run) -> None:
    """The loop that teaches the model, in Persian, with the mouse and keyboard only."""
    browser, _ = page
    assert browser.locator("html").get_attribute("dir") == "rtl"
    assert browser.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Vazirmatn'))")
    browser.fill("header input[name=q]", "پول‌ها")
    browser.keyboard.press("Enter")
    browser.wait_for_selector("#found[data-texts='1']")
    browser.click("a.open")
    browser.select_option("[name=m1_touchpoint]", "returns_refunds")
    browser.fill("#correct [name=person]", "مریم")
    browser.click("button.main")
    browser.wait_for_selector(".notice")
    browser.reload()
    assert browser.locator("[name=m1_touchpoint]").input_value() == "returns_refunds"
    browser.click("nav a[href='/log']")
    row = browser.locator("tbody tr").first.inner_text()
    assert "مریم" in row and "میز" in row
    change = json.loads(run.lake.read("corrections")["changes"].iloc[0])[0]
    assert (change["old"], change["new"]) == ("payment_billing", "returns_refunds")


@pytest.mark.parametrize(("text", "quote"), [("F3", "خانم پشت تلفن"), ("F4", "sorted it in minutes")])
def test_a_missed_mention_is_marked_by_selecting_its_words(page, run, text: str, quote: str) -> None:
    """Half-spaces and emoji: the offsets are those of characters, and the words those of the text."""
    browser, address = page
    browser.goto(f"{address}/text/{text}")
    browser.evaluate(
        """(quote) => {
          const words = document.getElementById("words");
          const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const at = node.data.indexOf(quote);
            if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + quote.length);
          }
        }""",
        quote,
    )
    browser.click("[data-take]")
    blank = browser.locator("[data-blank]")
    assert blank.locator("textarea").input_value() == quote
    blank.locator("[name$=_kind]").select_option("praise")
    blank.locator("[name$=_polarity]").select_option("pos")
    blank.locator("[name$=_touchpoint]").select_option("issue_resolution")
    browser.click("button.main")
    browser.wait_for_load_state()
    assert browser.locator("#why").all_inner_texts() == []
    stored = run.lake.read("mentions", where=(pc.field("feedback_id") == text))
    added = stored[stored["touchpoint"] == "issue_resolution"].iloc[0]
    whole = run.lake.read("feedback", ["text"], where=pc.field("feedback_id") == text)["text"].iloc[0]
    assert (added["quote"], added["start"]) == (quote, whole.index(quote))


def test_hostile_feedback_stays_text(page) -> None:
    """Markup in feedback is shown as written and never runs, in the list, on its page and in its form."""
    browser, address = page
    browser.goto(f"{address}/texts?q=leaks")
    assert browser.locator(".card .text").text_content() == EVIL
    browser.click("a.open")
    assert browser.locator("#words").text_content() == EVIL
    assert browser.locator("[name=m1_quote]").input_value() == EVIL
    assert browser.title() != "owned" and browser.locator("img").count() == 0


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_page_fits_a_telephone(page, language: str) -> None:
    """The care team looks from the shop floor: no page scrolls sideways."""
    browser, address = page
    browser.set_viewport_size({"width": 390, "height": 800})
    for path in ("/", "/texts", "/text/F0", "/customer/C0", "/topics", "/alerts", "/log"):
        browser.goto(f"{address}{path}?lang={language}")
        assert browser.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_a_filter_answers_when_it_is_chosen(page) -> None:
    """No button to look for."""
    browser, address = page
    browser.goto(f"{address}/texts")
    browser.select_option("#filters [name=kind]", "question")
    browser.wait_for_selector("#found[data-texts='1']")
