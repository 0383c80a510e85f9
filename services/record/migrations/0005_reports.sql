-- What reports read: tallies of every place by hour, day and month (docs/adr/0011), what each camera sends, and who may
-- see which places (row-level security, docs/adr/0012).

-- Scopes: everything that a tally can be of ---------------------------------------------------------------------------

create type scope_kind as enum ('world', 'region', 'city', 'shop');

create table scope (
    scope_id integer generated always as identity primary key,
    kind scope_kind not null,
    region_id smallint unique references region,
    city_id integer unique references city,
    shop_id integer unique references shop,
    check ((region_id is not null) = (kind = 'region')),
    check ((city_id is not null) = (kind = 'city')),
    check ((shop_id is not null) = (kind = 'shop'))
);
create unique index on scope (kind) where kind = 'world';

create function add_scope() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    case tg_table_name
        when 'region' then insert into scope (kind, region_id) values ('region', new.region_id);
        when 'city' then insert into scope (kind, city_id) values ('city', new.city_id);
        when 'shop' then insert into scope (kind, shop_id) values ('shop', new.shop_id);
    end case;
    return null;
end
$$;
create trigger add_scope after insert on region for each row execute function add_scope();
create trigger add_scope after insert on city for each row execute function add_scope();
create trigger add_scope after insert on shop for each row execute function add_scope();

insert into scope (kind) values ('world');
insert into scope (kind, region_id) select 'region', region_id from region order by region_id;
insert into scope (kind, city_id) select 'city', city_id from city order by city_id;
insert into scope (kind, shop_id) select 'shop', shop_id from shop order by shop_id;

-- Of each scope but the world, the one that it lies in.
create view scope_inside with (security_invoker = true) as
select own.scope_id, outer_scope.scope_id as parent_id
from scope own join shop using (shop_id) join scope outer_scope on outer_scope.city_id = shop.city_id
union all
select own.scope_id, outer_scope.scope_id
from scope own join city using (city_id) join scope outer_scope on outer_scope.region_id = city.region_id
union all
select own.scope_id, outer_scope.scope_id
from scope own join scope outer_scope on outer_scope.kind = 'world' where own.kind = 'region';

-- Of each shop, the scopes that it is counted in.
create view shop_scope with (security_invoker = true) as
select s.shop_id, own.scope_id as shop_scope_id, y.scope_id as city_scope_id, r.scope_id as region_scope_id,
       w.scope_id as world_scope_id
from shop s
join city c using (city_id)
join scope own on own.shop_id = s.shop_id
join scope y on y.city_id = c.city_id
join scope r on r.region_id = c.region_id
join scope w on w.kind = 'world';

-- Tallies of visitors -------------------------------------------------------------------------------------------------

-- cells has a number for each of 3 genders x 8 age bands x 8 moods, in the order of those types, moods fastest:
-- cells[((gender * 8 + age band) * 8 + mood) + 1]. The other counts are its margins, so that they can never differ.
-- open_hours: hours that shops were open; cameras_due: hours in which cameras should have sent photos; cameras_seen:
-- those of them in which they did. Only hours that have ended are due.
alter table tally_hour rename to tally_hour_before;
do $$
declare
    margins text := '';
    what text;
    number integer;
    columns text;
begin
    -- An array's subscripts, added up: faster than unnest by a factor of seven.
    margins := margins || format(', visitors integer generated always as (%s) stored', (
        select string_agg(format('cells[%s]', i), ' + ' order by i) from generate_series(1, 192) i));
    for what, number in select v, n - 1 from unnest(array['female', 'male', 'gender_unknown']) with ordinality as t (v, n) loop
        margins := margins || format(', %I integer generated always as (%s) stored', what, (
            select string_agg(format('cells[%s]', i), ' + ' order by i) from generate_series(1, 192) i where (i - 1) / 64 = number));
    end loop;
    for what, number in select v, n - 1 from unnest(array['age_0_12', 'age_13_17', 'age_18_24', 'age_25_34', 'age_35_44',
            'age_45_54', 'age_55_64', 'age_65']) with ordinality as t (v, n) loop
        margins := margins || format(', %I integer generated always as (%s) stored', what, (
            select string_agg(format('cells[%s]', i), ' + ' order by i) from generate_series(1, 192) i where (i - 1) / 8 % 8 = number));
    end loop;
    for what, number in select v, n - 1 from unnest(array['neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust',
            'fear', 'mood_unknown']) with ordinality as t (v, n) loop
        margins := margins || format(', %I integer generated always as (%s) stored', what, (
            select string_agg(format('cells[%s]', i), ' + ' order by i) from generate_series(1, 192) i where (i - 1) % 8 = number));
    end loop;
    columns := 'open_hours integer not null default 0, cameras_due integer not null default 0, '
        || 'cameras_seen integer not null default 0, '
        || 'cells integer[] not null default array_fill(0, array[192]) check (array_length(cells, 1) = 192)' || margins;
    execute format(
        'create table tally_hour (scope_id integer not null, local_day date not null, '
        'local_hour smallint not null check (local_hour between 0 and 23), %s, '
        'primary key (scope_id, local_day, local_hour)) partition by range (local_day)', columns);
    execute format(
        'create table tally_day (scope_id integer not null, local_day date not null, %s, '
        'primary key (scope_id, local_day)) with (fillfactor = 80)', columns);
    -- first_day is the month's.
    execute format(
        'create table tally_month (scope_id integer not null, first_day date not null, %s, '
        'primary key (scope_id, first_day)) with (fillfactor = 60)', columns);
    -- A month's hours by weekday, 0 is Monday: hours are kept in the order in which they pass, so that a place's hours
    -- of a year are all over the disk.
    execute format(
        'create table tally_heat (scope_id integer not null, first_day date not null, '
        'weekday smallint not null check (weekday between 0 and 6), '
        'local_hour smallint not null check (local_hour between 0 and 23), %s, '
        'primary key (scope_id, first_day, weekday, local_hour)) with (fillfactor = 80)', columns);
end
$$;

-- Hours of shops that have changed since they were added up for cities, regions, days and months.
create table tally_stale (
    shop_id integer not null,
    local_day date not null,
    local_hour smallint not null,
    marked_at timestamptz not null default now(),
    -- Shops last: the shops of one hour are added up together.
    primary key (local_day, local_hour, shop_id)
) with (fillfactor = 50);

-- Up to when it is known which hours of a shop cameras had to send photos in.
create table hours_due (
    shop_id integer primary key,
    through timestamptz not null
);

-- A shop that moves to another city takes its past along, and so does a city: both the old place and the new one are
-- added up again, month by month. Without a month: all months that there are.
create table tally_moved (
    scope_id integer not null,
    first_day date,
    moved_at timestamptz not null default now()
);
create function mark_moved() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if tg_table_name = 'shop' then
        insert into tally_moved (scope_id) select scope_id from scope where city_id in (old.city_id, new.city_id);
        -- The old city may lie in another region, whose sums change as well.
        insert into tally_moved (scope_id) select s.scope_id from scope s join city using (region_id)
        where city.city_id in (old.city_id, new.city_id);
    else
        insert into tally_moved (scope_id) select scope_id from scope where region_id in (old.region_id, new.region_id);
    end if;
    return null;
end
$$;
create trigger mark_moved after update of city_id on shop
    for each row when (old.city_id <> new.city_id) execute function mark_moved();
create trigger mark_moved after update of region_id on city
    for each row when (old.region_id <> new.region_id) execute function mark_moved();

-- Uploads -------------------------------------------------------------------------------------------------------------

alter table tally_upload rename to tally_upload_before;
create table tally_upload (
    camera_id integer not null,
    local_day date not null,
    local_hour smallint not null check (local_hour between 0 and 23),
    outcome upload_outcome not null,
    uploads integer not null default 0,
    primary key (camera_id, local_day, local_hour, outcome)
) partition by range (local_day);

-- What a camera's photos of one day are worth. refused: uploads with a fault; those from a closed shop, of a moment of which
-- there is a photo already, without a photo, or of a disabled camera have none.
create table tally_camera_day (
    camera_id integer not null,
    local_day date not null,
    photos integer not null default 0,
    photos_without_face integer not null default 0,
    refused integer not null default 0,
    faces integer not null default 0,
    faces_too_small integer not null default 0,
    faces_too_dark integer not null default 0,
    faces_blurred integer not null default 0,
    faces_turned_away integer not null default 0,
    faces_counted integer not null default 0,
    primary key (camera_id, local_day)
) with (fillfactor = 70);

-- How each camera is now: its last seven days, and what should be done. Refreshed every minute or so.
create type camera_state as enum ('working', 'attention', 'offline', 'new', 'disabled');
create type camera_trouble as enum ('none', 'no_photos', 'clock', 'too_dark', 'too_small', 'few_faces', 'refused');
create table camera_health (
    camera_id integer primary key,
    shop_id integer not null,
    state camera_state not null,
    trouble camera_trouble not null,
    last_photo_at timestamptz,
    drift_s real,
    photos integer not null,
    photos_without_face integer not null,
    refused integer not null,
    faces integer not null,
    faces_too_small integer not null,
    faces_too_dark integer not null,
    faces_blurred integer not null,
    faces_turned_away integer not null,
    faces_counted integer not null,
    refreshed_at timestamptz not null default now()
);
create index on camera_health (shop_id);

-- A month's partitions, of everything that is kept by month.
create or replace function ensure_month(day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    first_day date := date_trunc('month', day);
    next_month date := first_day + interval '1 month';
    parent text;
begin
    foreach parent in array array['photo', 'face', 'tally_hour', 'tally_upload'] loop
        if to_regclass(format('%s_%s', parent, to_char(first_day, 'YYYY_MM'))) is null then
            perform pg_advisory_xact_lock(hashtext('ensure_month'));
            execute format(
                'create table if not exists %I partition of %I for values from (%L) to (%L) with (fillfactor = %s)',
                format('%s_%s', parent, to_char(first_day, 'YYYY_MM')), parent, first_day, next_month,
                case when parent like 'tally%' then 80 else 100 end
            );
        end if;
    end loop;
end
$$;

-- Drops the months of a table that ended before a day; how many there were. record may not drop anything else.
create function drop_months(parent text, before date) returns integer
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '5s' as $$
declare
    month regclass;
    dropped integer := 0;
begin
    if parent not in ('photo', 'face', 'tally_hour', 'tally_upload') then
        raise exception '% is not kept by month', parent;
    end if;
    for month in
        select inhrelid from pg_inherits
        where inhparent = parent::regclass
          and to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM') + interval '1 month' <= before
        order by 1
    loop
        execute format('drop table %s', month);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

-- What there is already -----------------------------------------------------------------------------------------------

select ensure_month(day) from (
    select distinct date_trunc('month', local_day)::date as day from tally_hour_before
    union select distinct date_trunc('month', local_day)::date from tally_upload_before
    union select distinct date_trunc('month', local_day)::date from photo
) months;

insert into tally_hour (scope_id, local_day, local_hour, cells)
select s.scope_id, h.local_day, h.local_hour, array(
    select coalesce(sum(case m when 'neutral' then b.neutral when 'happiness' then b.happiness when 'surprise' then b.surprise
        when 'sadness' then b.sadness when 'anger' then b.anger when 'disgust' then b.disgust when 'fear' then b.fear
        else b.unknown end), 0)::integer
    from unnest(enum_range(null::gender)) g cross join unnest(enum_range(null::age_band)) a cross join unnest(enum_range(null::mood)) m
    left join tally_hour_before b on (b.shop_id, b.local_day, b.local_hour, b.gender, b.age_band)
        = (h.shop_id, h.local_day, h.local_hour, g, a)
    group by g, a, m order by g, a, m)
from (select distinct shop_id, local_day, local_hour from tally_hour_before) h
join scope s using (shop_id);
insert into tally_upload select * from tally_upload_before;
insert into tally_stale (shop_id, local_day, local_hour)
select distinct shop_id, local_day, local_hour from tally_hour_before
union select distinct c.shop_id, u.local_day, u.local_hour from tally_upload_before u join camera c using (camera_id);
insert into hours_due (shop_id, through) select shop_id, date_trunc('hour', now()) from shop;
insert into tally_camera_day (camera_id, local_day, photos, photos_without_face, faces, faces_too_small, faces_too_dark,
    faces_blurred, faces_turned_away, faces_counted)
select p.camera_id, p.local_day, count(distinct p.photo_id), count(distinct p.photo_id) filter (where p.outcome = 'no_face'),
    count(f.photo_id), 0, count(*) filter (where f.quality_reason = 'too_dark'),
    count(*) filter (where f.quality_reason = 'blurred'), count(*) filter (where f.quality_reason = 'turned_away'),
    count(*) filter (where f.counted)
from photo p left join face f using (photo_id, local_day) group by 1, 2;
update tally_camera_day t set faces_too_small = p.too_small
from (select camera_id, local_day, sum(too_small_count) as too_small from photo group by 1, 2) p
where (t.camera_id, t.local_day) = (p.camera_id, p.local_day);
insert into tally_camera_day as t (camera_id, local_day, refused)
select camera_id, local_day, sum(uploads) from tally_upload_before
where outcome in ('empty', 'not_jpeg', 'truncated', 'too_large', 'too_many_pixels') group by 1, 2
on conflict (camera_id, local_day) do update set refused = excluded.refused;
drop table tally_hour_before, tally_upload_before;

-- People --------------------------------------------------------------------------------------------------------------

create type person_role as enum ('manager', 'analyst', 'admin');

create table person (
    person_id integer generated always as identity primary key,
    -- What they sign in with: an e-mail address, in lower case.
    email text not null unique check (email = lower(email)),
    name text not null,
    role person_role not null,
    language text not null default 'en',
    -- Null where they sign in through OpenID Connect alone.
    password_hash text,
    disabled boolean not null default false,
    created_at timestamptz not null default now()
);

-- Which places somebody sees: each with everything inside it.
create table access (
    person_id integer not null references person on delete cascade,
    scope_id integer not null references scope,
    primary key (person_id, scope_id)
);

-- Who is asking: whoever opens a connection for somebody says so in facetally.viewer. Nobody sees nothing.
create function viewer_access() returns table (kind scope_kind, region_id smallint, city_id integer, shop_id integer)
language sql stable security definer set search_path = public, pg_temp as $$
    select s.kind, s.region_id, s.city_id, s.shop_id
    from access a join person p using (person_id) join scope s using (scope_id)
    where p.person_id = nullif(current_setting('facetally.viewer', true), '')::integer and not p.disabled
$$;
create function viewer_sees_world() returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select from viewer_access() where kind = 'world')
$$;
create function viewer_shops() returns setof integer
language sql stable security definer set search_path = public, pg_temp as $$
    select s.shop_id from shop s join city c using (city_id)
    where exists (select from viewer_access() a
        where a.kind = 'world' or a.region_id = c.region_id or a.city_id = c.city_id or a.shop_id = s.shop_id)
$$;
-- A city is theirs whole, or else they see no numbers of it; the same goes for regions.
create function viewer_scopes() returns setof integer
language sql stable security definer set search_path = public, pg_temp as $$
    select s.scope_id
    from scope s
    left join shop on shop.shop_id = s.shop_id
    left join city on city.city_id = coalesce(s.city_id, shop.city_id)
    where exists (select from viewer_access() a
        where a.kind = 'world' or a.region_id = coalesce(s.region_id, city.region_id)
           or a.city_id = city.city_id or a.shop_id = s.shop_id)
$$;

-- Rights --------------------------------------------------------------------------------------------------------------

revoke all on function add_scope(), mark_moved(), viewer_access(), drop_months(text, date) from public;
revoke all on function viewer_sees_world(), viewer_shops(), viewer_scopes() from public;
grant execute on function viewer_sees_world(), viewer_shops(), viewer_scopes() to report;

grant execute on function drop_months(text, date) to record;
grant select on scope, scope_inside, shop_scope to record, report, estate, account;
grant select on region, city, shop to account;
grant select, insert, update on tally_upload, hours_due to record;
grant select, insert, update, delete on tally_hour, tally_day, tally_month, tally_heat, tally_camera_day, tally_stale, tally_moved,
    camera_health to record;
grant delete on counted_once to record;
grant select on tally_hour, tally_day, tally_month, tally_heat, tally_upload, tally_camera_day, camera_health to report;
grant select, insert, update on person to account;
grant select, insert, delete on access to account;

-- Reports see what the person who asks may see, whatever a page forgets to ask for.
do $$
declare
    what text;
begin
    foreach what in array array['tally_hour', 'tally_day', 'tally_month', 'tally_heat'] loop
        execute format('alter table %I enable row level security', what);
        execute format('create policy viewer on %I for select to report using '
            '((select viewer_sees_world()) or scope_id in (select viewer_scopes()))', what);
        execute format('create policy service on %I to record using (true) with check (true)', what);
    end loop;
    foreach what in array array['shop', 'camera', 'camera_health'] loop
        execute format('alter table %I enable row level security', what);
        execute format('create policy viewer on %I for select to report using '
            '((select viewer_sees_world()) or shop_id in (select viewer_shops()))', what);
        execute format('create policy service on %I to record, estate, account using (true) with check (true)', what);
    end loop;
    foreach what in array array['tally_upload', 'tally_camera_day', 'camera_clock'] loop
        execute format('alter table %I enable row level security', what);
        execute format('create policy viewer on %I for select to report using ((select viewer_sees_world()) or camera_id in '
            '(select c.camera_id from camera c))', what);
        execute format('create policy service on %I to record using (true) with check (true)', what);
    end loop;
    execute 'alter table city enable row level security';
    execute 'create policy viewer on city for select to report using ((select viewer_sees_world()) or city_id in '
        '(select s.city_id from shop s) or exists (select from scope s where s.city_id = city.city_id '
        'and s.scope_id in (select viewer_scopes())))';
    execute 'create policy service on city to record, estate, account using (true) with check (true)';
    execute 'alter table region enable row level security';
    execute 'create policy viewer on region for select to report using ((select viewer_sees_world()) or region_id in '
        '(select c.region_id from city c))';
    execute 'create policy service on region to record, estate, account using (true) with check (true)';
end
$$;
-- The places that somebody was given, without what is inside them: also where they were given a place inside another one,
-- so that nobody is counted twice.
create function viewer_roots() returns setof integer
language sql stable security definer set search_path = public, pg_temp as $$
    with recursive given as (
        select a.scope_id from access a join person p using (person_id)
        where p.person_id = nullif(current_setting('facetally.viewer', true), '')::integer and not p.disabled
    ), above (scope_id, parent_id) as (
        select g.scope_id, i.parent_id from given g join scope_inside i using (scope_id)
        union all
        select a.scope_id, i.parent_id from above a join scope_inside i on i.scope_id = a.parent_id
    )
    select g.scope_id from given g
    where not exists (select from above a join given o on o.scope_id = a.parent_id where a.scope_id = g.scope_id)
    order by 1
$$;
revoke all on function viewer_roots() from public;
grant execute on function viewer_roots() to report;
