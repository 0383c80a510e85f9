"""An admin sees which releases of models answered, how a canary differs from the rest, and how far a shadow agrees."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_site import ADMIN, RealSite
from tests.browser.test_every_page import COLOURS, COMES_TO_FIT, faults
from tests.browser.tiny_site import AXE, PHONE
from tests.servers.running import finish

# 40 photos by what is in service, 20 by a canary whose visitors are all women.
_FILL = """
select ensure_month(current_date);
insert into photo (photo_id, camera_id, captured_at, received_at, local_day, local_hour, outcome, width_px, height_px, size_bytes,
    too_small_count, object_key, detector_version, classifier_version, time_source)
select md5('models' || i)::uuid, (select min(camera_id) from camera), now(), now(), current_date, 12, 'faces', 640, 480, 1, 0, 'k', 'd',
    case when i > 40 then 'canary-1' else 'spring-1' end, 'arrival'
from generate_series(1, 60) i;
insert into face (photo_id, local_day, face_index, shop_id, local_hour, box_left_px, box_top_px, box_width_px, box_height_px, score,
    eye_distance_px, age_years, female_probability, emotion_probabilities, gender, age_band, mood)
select md5('models' || i)::uuid, current_date, 0, (select min(shop_id) from shop), 12, 0, 0, 200, 200, 1, 60, 30, 0.9,
    array[0, 1, 0, 0, 0, 0, 0], case when i > 20 then 'female' else 'male' end::gender, '25-34', 'happiness'
from generate_series(1, 60) i;
insert into shadow_face
select md5('models' || i)::uuid, 0, current_date, (select min(camera_id) from camera), (select min(shop_id) from shop), now(), 'spring-1',
    'shadow-1', case when i > 36 then 70 else 30 end, 0.9, array[0, 1, 0, 0, 0, 0, 0], case when i > 36 then 70 else 34 end,
    case when i > 30 then 0.2 else 0.9 end, array[0, 1, 0, 0, 0, 0, 0]
from generate_series(1, 40) i;
insert into excluded_version (classifier_version, excluded_by, reason) values ('winter-1', 'alice', 'older people');
"""
_CLEAR = "truncate shadow_face; truncate photo; truncate face; truncate excluded_version"


@pytest.fixture
def shown(site: RealSite, browser: Browser) -> Iterator[Page]:
    finish(site.execute(_FILL))
    with site.page(browser, ADMIN) as page:
        page.goto("/admin/people")
        page.get_by_role("link", name="Models", exact=True).press("Enter")
        yield page
    finish(site.execute(_CLEAR))


def test_releases_are_compared_on_any_screen(shown: Page) -> None:
    expect(shown.locator("h1")).to_have_text("Models")
    answered = shown.get_by_role("region", name="Who answered, table").locator("tbody tr")
    expect(answered).to_have_count(2)
    expect(answered.first).to_contain_text("spring-1")
    expect(answered.first).to_contain_text("40")
    canary = shown.get_by_role("region", name="canary-1 and the rest, table")
    expect(canary.locator("tr", has_text="Women")).to_contain_text("100.0% (83.9–100.0)")
    expect(canary.locator("tr", has_text="Women")).to_contain_text("50.0% (35.2–64.8)")
    pair = shown.get_by_role("region", name="shadow-1 in shadow of spring-1, table").locator("tbody tr")
    expect(pair).to_have_count(3)
    expect(pair.first).to_contain_text("3.6")
    expect(pair.first).to_contain_text("75.0% (59.8–85.8)")
    expect(pair.nth(2)).to_contain_text("<10")
    expect(pair.nth(2)).not_to_contain_text("%")
    expect(shown.get_by_role("region", name="Left out of the reports, table")).to_contain_text("older people")
    shown.evaluate(AXE.read_text())
    assert faults(shown) == []
    shown.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert shown.evaluate(COMES_TO_FIT)
    shown.emulate_media(color_scheme="dark")
    assert faults(shown, COLOURS) == []
