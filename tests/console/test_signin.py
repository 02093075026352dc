"""Signing in: where a key is needed it is asked for, kept as was said, and what happens when it opens nothing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.kit.browsers import needs_chromium, open_in, watching
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("keyed") / "data", Settings(keys=KEYS, rehearsal_delay=0)) as found:
        yield found


def test_without_keys_nobody_is_asked(browser: Browser, server: Running) -> None:
    with watching(browser, f"{server.url}/console/") as console:
        expect(console.page.locator("nav.pages")).to_be_visible()
        expect(console.page.get_by_label("API key")).to_have_count(0)


@pytest.mark.parametrize("stays", [False, True])
def test_a_key_opens_and_stays_only_if_that_is_wanted(browser: Browser, keyed: Running, stays: bool) -> None:  # noqa: FBT001
    with watching(browser, f"{keyed.url}/console/#/sessions") as console:
        page = console.page
        field = page.get_by_label("API key")
        for wrong in ("nothing", "line\u2028break ü"):
            field.fill(wrong)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("alert")).to_contain_text("opens nothing")
        field.fill("alpha-key")
        if stays:
            page.get_by_label("Stay signed in on this device").check()
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        assert page.evaluate("document.cookie") == ""
        assert ("alpha-key" in str(page.evaluate("JSON.stringify(localStorage)"))) is stays
        again = open_in(page.context).page
        again.goto(f"{keyed.url}/console/")
        expect(again.locator("nav.pages") if stays else again.get_by_label("API key")).to_be_visible()
        if stays:
            console.go("settings")
            page.get_by_role("button", name="Sign out of this device").click()
            expect(page.get_by_label("API key")).to_be_visible()
            assert "alpha-key" not in str(page.evaluate("JSON.stringify(localStorage)"))


def test_a_key_that_is_revoked_leads_back_and_then_to_where_one_was(browser: Browser, keyed: Running) -> None:
    with watching(browser, f"{keyed.url}/console/") as console:
        page = console.page
        page.get_by_label("API key").fill("alpha-key")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("What shall I do?").fill("Say hello")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".standing")).to_contain_text("done")
        refused = {"error": "unauthorized", "message": "no"}
        page.get_by_label("Say more …").fill("Are you there?")
        page.route("**/v1/**", lambda route: route.fulfill(status=401, json=refused))
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("opens nothing")
        page.unroute("**/v1/**")
        page.get_by_label("API key").fill("alpha-key")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Say hello")
        expect(page.get_by_label("Say more …")).to_have_value("Are you there?")


def test_what_is_written_is_kept_before_the_page_can_change(browser: Browser, server: Running) -> None:
    """Any answer may say that the key opens nothing any more, also the one that is read next."""
    with watching(browser, f"{server.url}/console/") as console:
        kept = console.page.get_by_label("What shall I do?").evaluate(
            """field => {
                field.value = "a plan";
                field.dispatchEvent(new Event("input", { bubbles: true }));
                return Object.values(sessionStorage);
            }"""
        )
        assert '"a plan"' in kept


def signed_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("nav.pages")).to_be_visible()


@pytest.mark.parametrize("leaves_by", ["signing out", "a reload", "a refused key"])
def test_nothing_of_a_tenants_is_there_for_the_next_one(browser: Browser, keyed: Running, leaves_by: str) -> None:
    with keyed.client() as client:
        made = client.post("/v1/sessions", json={}).json()["id"]
        client.patch(f"/v1/sessions/{made}", json={"title": "Ours alone"}).raise_for_status()
    with watching(browser, f"{keyed.url}/console/#/sessions") as console:
        page = console.page
        signed_in(page, "alpha-key")
        expect(page.locator("main")).to_contain_text("Ours alone")
        console.go("")
        page.get_by_label("What shall I do?").fill("a plan of ours")
        if leaves_by == "signing out":
            console.go("settings")
            page.get_by_role("button", name="Sign out of this device").click()
        elif leaves_by == "a reload":
            page.reload()
        else:
            page.route(
                "**/v1/**", lambda route: route.fulfill(status=401, json={"error": "unauthorized", "message": ""})
            )
            page.keyboard.press("Control+Enter")
            expect(page.get_by_label("API key")).to_be_visible()
            page.unroute("**/v1/**")
        signed_in(page, "beta-key")
        console.go("sessions")
        expect(page.locator("main[aria-busy=false]")).to_contain_text("Sessions")
        expect(page.locator("main")).not_to_contain_text("Ours alone")
        console.go("")
        expect(page.get_by_label("What shall I do?")).to_have_value("")
        page.keyboard.press("Control+k")
        expect(page.get_by_role("listbox")).not_to_contain_text("Ours alone")


def test_who_signs_out_in_one_tab_is_out_in_all(browser: Browser, keyed: Running) -> None:
    with watching(browser, f"{keyed.url}/console/#/settings") as console:
        page = console.page
        page.get_by_label("Stay signed in on this device").check()
        signed_in(page, "alpha-key")
        other = open_in(page.context).page
        other.goto(f"{keyed.url}/console/")
        expect(other.locator("nav.pages")).to_be_visible()
        page.get_by_role("button", name="Sign out of this device").click()
        expect(other.get_by_label("API key")).to_be_visible()


def test_a_page_of_plain_http_does_what_others_do(browser: Browser, keyed: Running) -> None:
    address = keyed.url.replace("127.0.0.1", "walkaway.test")
    with watching(browser) as console:
        page = console.page
        page.goto(f"{address}/console/")
        assert page.evaluate("isSecureContext") is False
        signed_in(page, "alpha-key")
        page.get_by_label("What shall I do?").fill("Say hello")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".standing")).to_contain_text("done")
        page.get_by_role("tab", name="Events").click()
        page.get_by_role("button", name="Cursor").click()
        expect(page.locator(".said")).to_contain_text("Copied.")
        console.go("schedules")
        page.get_by_label("Name").fill("daily")
        page.get_by_label("What is to be done?").fill("Say hello")
        page.get_by_role("button", name="weekdays at 8").click()
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("heading", level=1, name="daily")).to_be_visible()
