"""Parts of a page are swapped in place: focus, scroll and what else was typed stay, the address tells what is shown, and
whatever fails is loaded whole. Without JavaScript the same forms and links do the same.
"""

from importlib import resources
from typing import Any

from domain.model import Incident, IncidentState, TriageEvent
from tests.fixtures.room_browser import Open, Site, needs_chromium, with_and_without
from tests.fixtures.room_world import NOW

pytestmark = needs_chromium
HEADER = "room-parts"


def same_page(page: Any) -> bool:
    """Whether the page has not been loaded anew since `mark_page`."""
    return bool(page.evaluate("window.never_left === true"))


def mark_page(page: Any) -> None:
    page.evaluate("window.never_left = true")


def test_a_facet_swaps_the_hits_and_the_address_and_back_undoes_it(site: Site, opened: Open) -> None:
    page = opened(site, "/search?q=KlipKlap")
    mark_page(page)
    before = page.locator("#found li a").first.inner_text()
    page.evaluate("scrollTo(0, 120)")
    box = page.locator("[name=market][value=AT]")
    box.check()
    page.wait_for_url("**market=AT**")
    page.locator("#found a", has_text="Der Bote").first.wait_for(state="detached")
    assert "Donaublatt" in page.locator("#found").inner_text()
    assert "Der Bote" not in page.locator("#found").inner_text()
    assert page.evaluate("document.activeElement.value") == "AT"
    assert page.evaluate("scrollY") == 120
    told = page.locator("#found").get_attribute("data-say")
    page.locator("#said", has_text=told).wait_for(state="attached")
    assert "market=AT" in page.locator("#kept").input_value()
    assert "market=AT" in page.get_by_role("link", name="CSV").get_attribute("href")

    page.go_back()
    page.locator("#found li a").first.get_by_text(before).wait_for()
    assert page.url.endswith("/search?q=KlipKlap")
    assert not page.locator("[name=market][value=AT]").is_checked()
    assert same_page(page)


def test_words_are_searched_without_leaving_the_page_and_back_brings_the_old_ones(
    site: Site, opened: Open
) -> None:
    page = opened(site, "/search?q=KlipKlap")
    mark_page(page)
    page.get_by_role("searchbox").fill("Kinderkonten")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Auch in Wien").wait_for()
    assert page.title() == "Kinderkonten · Lagebild"
    assert page.evaluate("document.activeElement.id") == "q"
    page.go_back()
    page.get_by_role("link", name="Auch in Wien").wait_for(state="detached")
    assert page.get_by_role("searchbox").input_value() == "KlipKlap"
    assert same_page(page)
    page.reload()
    assert page.get_by_role("searchbox").input_value() == "KlipKlap"


def test_the_next_page_is_swapped_in_and_has_the_focus(site: Site, opened: Open) -> None:
    page = opened(site, "/search")
    mark_page(page)
    first = page.locator("#found li a").first.inner_text()
    page.get_by_role("link", name="Earlier").click()
    page.wait_for_url("**offset=25")
    page.get_by_role("link", name="Later").wait_for()
    assert page.locator("#found li a").first.inner_text() != first
    assert page.evaluate("document.activeElement.id") == "found"
    page.keyboard.press("j")  # walking goes on in the new list
    assert page.locator("#found li.selected").count() == 1
    assert same_page(page)


@with_and_without
def test_a_signals_row_is_decided_and_the_rest_stays_as_it_is(
    site: Site, opened: Open, javascript: bool
) -> None:
    page = opened(site, "/signals", javascript=javascript)
    first, second = (page.locator("section[data-row]").nth(n) for n in (0, 1))
    decided, following = first.get_attribute("id"), second.get_attribute("id")
    if javascript:
        mark_page(page)
        second.get_by_label("Reason").fill("noch unklar")
    first.get_by_role("button", name="Confirm").click()
    page.locator(f"#{decided}").get_by_text("verifying", exact=True).wait_for()
    [incident] = site.archive.incidents()
    assert decided == f"signal-{incident.signal_ids[0]}"
    if not javascript:
        assert page.url.endswith(f"#{following}")
        return
    assert same_page(page)
    assert page.locator(f"#{following}").get_by_label("Reason").input_value() == "noch unklar"
    assert page.evaluate("document.activeElement.closest('[data-row]').id") == following
    assert page.locator("#waiting").inner_text().startswith("1 ")
    page.locator("#said", has_text="verifying").wait_for(state="attached")


@with_and_without
def test_right_and_wrong_are_noted_in_place(site: Site, opened: Open, javascript: bool) -> None:
    page = opened(site, "/item/kinder", javascript=javascript)
    mark = page.locator("#topic-youth_safety")
    if javascript:
        mark_page(page)
    mark.get_by_role("button", name="wrong").click()
    mark.get_by_text("noted: wrong").wait_for()
    mark.get_by_role("button", name="right").click()
    mark.get_by_text("noted: right").wait_for()
    [label] = site.archive.labels(NOW.replace(year=2020), "kinder")
    assert (label.label, label.verdict) == ("youth_safety", "right")
    if javascript:
        assert same_page(page)
        assert page.evaluate("document.activeElement.value") == "right"


def test_a_passage_unfolds_where_the_reader_is(site: Site, opened: Open) -> None:
    page = opened(site, "/item/heikel")
    mark_page(page)
    page.get_by_role("button", name="Sensitive passage").click()
    page.get_by_text("die Rede").wait_for()
    assert "die Rede" in page.evaluate("document.activeElement.textContent")
    assert same_page(page)


# --- the living page -----------------------------------------------------------------------------


def test_today_offers_what_came_since_it_was_opened(site: Site, opened: Open) -> None:
    answers: list[int] = []
    page = opened(site, "/method")
    page.clock.install()
    page.on("response", lambda answer: answers.append(answer.status) if is_look(answer) else None)
    page.goto(site.base + "/")
    mark_page(page)
    with page.expect_response(is_look) as nothing_new:
        page.clock.run_for(121_000)
    assert nothing_new.value.status == 304
    assert not page.locator("#offer").is_visible()

    incident = Incident(
        id="x1", title="Neuer Vorfall", market="DE", severity=4, state=IncidentState.NEW, opened_at=NOW
    )
    site.archive.open_incident(incident, TriageEvent(incident_id="x1", at=NOW, by="anna", action="open"))
    with page.expect_response(is_look) as something:
        page.clock.run_for(121_000)
    assert something.value.status == 200
    page.get_by_text("1 new entry since you opened this page.").first.wait_for()
    assert (
        page.get_by_role("link", name="Neuer Vorfall").count() == 0
    )  # nothing moves under the reader's hands

    page.get_by_role("button", name="Show").click()
    assert page.locator("#incident-x1").inner_text().startswith("new: Neuer Vorfall")
    assert not page.locator("#offer").is_visible()
    assert same_page(page)
    with page.expect_response(is_look) as again:
        page.clock.run_for(121_000)
    assert again.value.status == 304
    assert site.asked_elsewhere == []


def is_look(answer: Any) -> bool:
    return HEADER in answer.request.headers


# --- what fails is loaded whole ------------------------------------------------------------------


def cut(page: Any) -> None:
    """From now on no question for parts arrives."""

    def answer(route: Any) -> None:
        if HEADER in route.request.headers:
            route.abort()
        else:
            route.continue_()

    page.route("**/*", answer)


def test_a_list_that_cannot_be_swapped_is_loaded(site: Site, opened: Open) -> None:
    page = opened(site, "/search?q=KlipKlap")
    mark_page(page)
    cut(page)
    with page.expect_navigation():
        page.locator("[name=market][value=AT]").check()
    assert "market=AT" in page.url
    assert page.locator("[name=market][value=AT]").is_checked()
    assert not same_page(page)


def test_a_mark_that_cannot_be_swapped_is_sent_as_a_form(site: Site, opened: Open) -> None:
    page = opened(site, "/item/kinder")
    cut(page)
    with page.expect_navigation():
        page.locator("#topic-youth_safety").get_by_role("button", name="wrong").click()
    page.locator("#topic-youth_safety").get_by_text("noted: wrong").wait_for()


def test_a_refused_decision_shows_why(site: Site, opened: Open) -> None:
    """Dismissing needs a reason; the key asks for it, the button alone is told so by the server."""
    page = opened(site, "/signals")
    with page.expect_navigation():
        page.locator("section[data-row]").first.get_by_role("button", name="Dismiss").click()
    assert "This could not be done." in page.locator("main").inner_text()
    assert site.archive.incidents() == []


def test_an_answer_that_is_no_part_leads_to_the_page_it_came_from(site: Site, opened: Open) -> None:
    """As when the session is over and the sign-in page answers."""
    page = opened(site, "/search")

    def strange(route: Any) -> None:
        if HEADER in route.request.headers:
            route.fulfill(status=200, content_type="text/html", body="<p id=found>sign in</p>")
        else:
            route.continue_()

    page.route("**/*", strange)
    with page.expect_navigation():
        page.get_by_role("link", name="Earlier").click()
    assert page.url.endswith("offset=25")
    assert page.get_by_role("link", name="Later").count() == 1


# --- for everybody -------------------------------------------------------------------------------


def test_axe_finds_nothing_serious_after_swaps(site: Site, opened: Open) -> None:
    page = opened(site, "/search")
    page.get_by_role("link", name="Earlier").click()
    page.get_by_role("link", name="Later").wait_for()
    assert serious(page) == []
    page.goto(f"{site.base}/signals")
    page.locator("section[data-row]").first.get_by_role("button", name="Confirm").click()
    page.get_by_text("verifying", exact=True).wait_for()
    assert serious(page) == []


def serious(page: Any) -> list[str]:
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [fault["id"] for fault in found if fault["impact"] not in ("minor", "moderate")]
