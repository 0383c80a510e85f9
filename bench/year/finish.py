"""What follows from the seeded days: how each camera is now, and tidy tables."""

from datetime import timedelta
from typing import Any, Final

import numpy as np

from bench.year.month import Ids
from bench.year.plan import Plan
from services.common.cameras import health

_PARTITIONED: Final = ("tally_hour", "tally_upload")
_PLAIN: Final = ("tally_day", "tally_month", "tally_heat", "tally_camera_day", "camera_clock", "camera_health", "scope", "hours_due",
                 "region", "city", "shop", "camera", "login", "person", "access")  # fmt: skip
# The last seven days of each camera, and what should be done about it.
_HEALTH: Final = f"""
insert into camera_health (camera_id, shop_id, state, trouble, last_photo_at, drift_s, photos, photos_without_face, refused,
    faces, faces_too_small, faces_too_dark, faces_blurred, faces_turned_away, faces_counted, refreshed_at)
select camera_id, shop_id,
    (case when disabled then 'disabled' when received_at is null then 'new'
        when received_at < $1::timestamptz - interval '2 days' then 'offline'
        when trouble <> 'none' then 'attention' else 'working' end)::camera_state,
    (case when disabled or received_at is null then 'none' when received_at < $1 - interval '2 days' then 'no_photos'
        else trouble end)::camera_trouble,
    received_at, drift_s, photos, without, refused, faces, small, dark, blurred, turned, counted, $1
from (
    select c.camera_id, c.shop_id, c.disabled, k.received_at, k.drift_s, d.*,
        case when abs(k.drift_s) > {health.DRIFT_S} then 'clock' when d.dark > {health.TOO_DARK} * d.faces then 'too_dark'
            when d.small > {health.TOO_SMALL} * (d.faces + d.small) then 'too_small'
            when d.without > {health.WITHOUT_FACE} * d.photos then 'few_faces'
            when d.refused > {health.REFUSED} * (d.photos + d.refused) then 'refused' else 'none' end as trouble
    from camera c
    left join camera_clock k using (camera_id)
    cross join lateral (
        select coalesce(sum(t.photos), 0) as photos, coalesce(sum(t.photos_without_face), 0) as without,
            coalesce(sum(t.refused), 0) as refused, coalesce(sum(t.faces), 0) as faces,
            coalesce(sum(t.faces_too_small), 0) as small, coalesce(sum(t.faces_too_dark), 0) as dark,
            coalesce(sum(t.faces_blurred), 0) as blurred, coalesce(sum(t.faces_turned_away), 0) as turned,
            coalesce(sum(t.faces_counted), 0) as counted
        from tally_camera_day t where t.camera_id = c.camera_id and t.local_day > $1::date - 7
    ) d
) h
"""
# When the last hour ended that a photo came in; of days whose hours are forgotten, the evening.
_LAST_HOURS: Final = """
select d.camera_id, (d.day + make_interval(hours => coalesce(h.hour, 18) + 1)) at time zone s.time_zone as ends
from (select camera_id, max(local_day) as day from tally_camera_day group by 1) d
join camera c using (camera_id) join shop s using (shop_id)
cross join lateral (
    select max(u.local_hour) as hour from tally_upload u where u.camera_id = d.camera_id and u.local_day = d.day
) h
"""


async def finish_cameras(connection: Any, plan: Plan, ids: Ids) -> None:
    """Clocks, health, disabled cameras, and up to when it is known what was due."""
    troubles = plan.troubles
    disabled = [
        ids.cameras[shop.cameras[camera]]
        for shop, off in zip(plan.shops, troubles.disabled, strict=True)
        for camera in np.flatnonzero(off)
    ]
    await connection.execute("update camera set disabled = true where camera_id = any($1)", disabled)
    last_hour_ends = {row["camera_id"]: row["ends"] for row in await connection.fetch(_LAST_HOURS)}
    clocks = []
    for shop, profiles in zip(plan.shops, troubles.profiles, strict=True):
        for camera, drift_s in zip(shop.cameras, profiles[:, 5], strict=True):
            if (ends := last_hour_ends.get(ids.cameras[camera])) is not None:
                received = min(ends, plan.now) - timedelta(seconds=abs(drift_s) % 600 + 5)
                clocks.append((ids.cameras[camera], received, "exif", float(drift_s)))
    await connection.executemany("insert into camera_clock values ($1, $2, $3, $4)", clocks)
    await connection.execute(_HEALTH, plan.now)
    await connection.execute("insert into hours_due (shop_id, through) select shop_id, $1 from shop", plan.now)


async def tidy(connection: Any) -> None:
    """Statistics and visibility, as autovacuum would have made them by and by."""
    for table in (*_PARTITIONED, *_PLAIN):
        await connection.execute(f"vacuum (analyze, freeze) {table}")
    await connection.execute("checkpoint")
