"""SQL texts of adding hours up, of looking after cameras, and of forgetting."""

from dataclasses import fields
from typing import Final

from services.record.adapters.tally_sql import REPLACE, SUMMED_COLUMNS, SUMS
from services.record.domain.tallies import CameraDay

SHOPS_TO_LOOK_AT: Final = """
select s.shop_id, o.scope_id, s.time_zone, s.opening_hours, s.holidays, d.through,
       (select count(*) from camera c where c.shop_id = s.shop_id and not c.disabled and not c.catch_all) as cameras
from shop s join scope o on o.shop_id = s.shop_id left join hours_due d on d.shop_id = s.shop_id
where d.through is null or d.through <= $1::timestamptz - interval '1 hour'
order by d.through nulls first, s.shop_id
"""
SAVE_THROUGH: Final = """
insert into hours_due (shop_id, through) select * from unnest($1::int[], $2::timestamptz[]) as i (shop_id, through)
on conflict (shop_id) do update set through = excluded.through
"""
# Whatever updates a row of tallies sets its cells, to what they are if need be: Postgres 18 reads the definition of generated
# columns again for every row of an update that touches none of them, which takes forty times as long as the update.
SAVE_DUE: Final = """
insert into tally_hour as t (scope_id, local_day, local_hour, open_hours, cameras_due)
select scope_id, local_day, local_hour, 1, cameras
from unnest($1::int[], $2::date[], $3::smallint[], $4::int[]) as i (scope_id, local_day, local_hour, cameras)
order by scope_id, local_day, local_hour
on conflict (scope_id, local_day, local_hour) do update
set open_hours = excluded.open_hours, cameras_due = excluded.cameras_due, cells = t.cells
"""
TAKE_STALE: Final = """
delete from tally_stale t using (
    select local_day, local_hour, shop_id from tally_stale
    order by local_day desc, local_hour desc, shop_id desc limit $1 for update skip locked
) taken
where (t.local_day, t.local_hour, t.shop_id) = (taken.local_day, taken.local_hour, taken.shop_id)
returning t.local_day, t.local_hour, t.shop_id
"""
SCOPES: Final = """
select shop_id, shop_scope_id, city_scope_id, region_scope_id, world_scope_id from shop_scope where shop_id = any($1::int[])
"""
# Cameras never say less than they did: where the uploads of an hour are no longer kept, what was seen stands.
SET_SEEN: Final = """
update tally_hour t set cameras_seen = least(t.cameras_due, greatest(t.cameras_seen, i.seen)), cells = t.cells
from (
    select k.scope_id, k.local_day, k.local_hour, count(distinct u.camera_id) as seen
    from unnest($1::int[], $2::int[], $3::date[], $4::smallint[]) as k (shop_id, scope_id, local_day, local_hour)
    join camera c on c.shop_id = k.shop_id and not c.catch_all
    join tally_upload u
        on u.camera_id = c.camera_id and u.local_day = k.local_day and u.local_hour = k.local_hour
        and u.outcome in ('faces', 'no_face', 'face_too_small', 'unreadable')
    group by k.scope_id, k.local_day, k.local_hour
) i
where t.scope_id = i.scope_id and t.local_day = i.local_day and t.local_hour = i.local_hour
"""
ADD_UP_INSIDE: Final = f"""
insert into tally_hour (scope_id, local_day, local_hour, {SUMMED_COLUMNS})
select k.scope_id, k.local_day, k.local_hour, {SUMS}
from unnest($1::int[], $2::date[], $3::smallint[]) as k (scope_id, local_day, local_hour)
join scope_inside i on i.parent_id = k.scope_id
join tally_hour h on h.scope_id = i.scope_id and h.local_day = k.local_day and h.local_hour = k.local_hour
group by k.scope_id, k.local_day, k.local_hour order by k.scope_id, k.local_day, k.local_hour
on conflict (scope_id, local_day, local_hour) do {REPLACE}
"""  # noqa: S608 - the names are our own
ADD_UP_DAYS: Final = f"""
insert into tally_day (scope_id, local_day, {SUMMED_COLUMNS})
select k.scope_id, k.local_day, {SUMS}
from unnest($1::int[], $2::date[]) as k (scope_id, local_day)
join tally_hour h on h.scope_id = k.scope_id and h.local_day = k.local_day
group by k.scope_id, k.local_day order by k.scope_id, k.local_day
on conflict (scope_id, local_day) do {REPLACE}
"""  # noqa: S608 - the names are our own
ADD_UP_MONTHS: Final = f"""
insert into tally_month (scope_id, first_day, {SUMMED_COLUMNS})
select k.scope_id, k.first_day, {SUMS}
from unnest($1::int[], $2::date[]) as k (scope_id, first_day)
join tally_day h
    on h.scope_id = k.scope_id and h.local_day >= k.first_day and h.local_day < k.first_day + interval '1 month'
group by k.scope_id, k.first_day order by k.scope_id, k.first_day
on conflict (scope_id, first_day) do {REPLACE}
"""  # noqa: S608 - the names are our own
# Of a weekday of a month there are four or five days.
ADD_UP_HEAT: Final = f"""
insert into tally_heat (scope_id, first_day, weekday, local_hour, {SUMMED_COLUMNS})
select k.scope_id, k.first_day, k.weekday, k.local_hour, {SUMS}
from unnest($1::int[], $2::date[], $3::smallint[], $4::smallint[]) as k (scope_id, first_day, weekday, local_hour)
cross join generate_series(0, 4) as week
join tally_hour h
    on h.scope_id = k.scope_id and h.local_hour = k.local_hour
    and h.local_day = k.first_day + (k.weekday + 8 - extract(isodow from k.first_day)::integer) % 7 + 7 * week
    and h.local_day < k.first_day + interval '1 month'
group by k.scope_id, k.first_day, k.weekday, k.local_hour order by k.scope_id, k.first_day, k.weekday, k.local_hour
on conflict (scope_id, first_day, weekday, local_hour) do {REPLACE}
"""  # noqa: S608 - the names are our own
# Marks without a month become marks of every month in which there is anything to add up.
SPREAD_MOVED: Final = """
with moved as (delete from tally_moved where first_day is null returning scope_id)
insert into tally_moved (scope_id, first_day)
select distinct m.scope_id, t.first_day
from moved m
left join scope_inside i on i.parent_id = m.scope_id
join tally_month t on t.scope_id = m.scope_id or t.scope_id = i.scope_id
"""
TAKE_MOVED: Final = """
delete from tally_moved where first_day = (select max(first_day) from tally_moved) returning scope_id, first_day
"""
# The scopes, and all in which they lie, from cities up to the world.
MOVED_CHAIN: Final = """
with recursive chain (scope_id) as (
    select unnest($1::int[])
    union select i.parent_id from scope_inside i join chain using (scope_id)
)
select s.kind, s.scope_id from chain join scope s using (scope_id) where s.kind <> 'shop' order by s.scope_id
"""
HOURS_INSIDE: Final = """
select distinct i.parent_id, h.local_day, h.local_hour
from scope_inside i
join tally_hour h on h.scope_id = i.scope_id and h.local_day >= $2 and h.local_day < $2::date + interval '1 month'
where i.parent_id = any($1::int[])
"""
_WEEK = ", ".join(f"coalesce(sum(d.{field.name}), 0)::integer" for field in fields(CameraDay))
CAMERAS: Final = f"""
select c.camera_id, c.shop_id, s.time_zone, s.opening_hours, s.holidays, c.disabled, k.received_at, k.drift_s, {_WEEK}
from camera c
join shop s using (shop_id)
left join camera_clock k using (camera_id)
left join tally_camera_day d
    on d.camera_id = c.camera_id and d.local_day > (now() at time zone s.time_zone)::date - $1::integer
where not c.catch_all
group by c.camera_id, s.shop_id, k.camera_id
"""  # noqa: S608 - the names are our own
WEEK_FROM: Final = 8
_HEALTH_COLUMNS: Final = [field.name for field in fields(CameraDay)]
SAVE_HEALTH: Final = f"""
insert into camera_health
    (camera_id, shop_id, state, trouble, last_photo_at, drift_s, {", ".join(_HEALTH_COLUMNS)})
select camera_id, shop_id, state::camera_state, trouble::camera_trouble, last_photo_at, drift_s,
       {", ".join(_HEALTH_COLUMNS)}
from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::real[],
            {", ".join(f"${i}::int[]" for i in range(7, 7 + len(_HEALTH_COLUMNS)))})
    as i (camera_id, shop_id, state, trouble, last_photo_at, drift_s, {", ".join(_HEALTH_COLUMNS)})
order by camera_id
on conflict (camera_id) do update
set shop_id = excluded.shop_id, state = excluded.state, trouble = excluded.trouble,
    last_photo_at = excluded.last_photo_at, drift_s = excluded.drift_s, refreshed_at = now(),
    {", ".join(f"{name} = excluded.{name}" for name in _HEALTH_COLUMNS)}
"""  # noqa: S608 - the names are our own
FORGET_COUNTED: Final = """
delete from counted_once where ctid = any (array(select ctid from counted_once where counted_at < $1 limit $2))
"""
