-- What Power BI, Metabase and their like may read: schema `bi`, and nothing else (docs/bi.md).
--
-- Such a tool adds and subtracts whatever it is given, so that no view may hold what another one hides. Therefore only
-- shops have numbers of their own; those of wider places are sums of what is shown of their shops, and say how much is
-- not in them. A shop's numbers form a tree: a month is its days, a day is its hours. Of what is inside one of them,
-- counts under the threshold are hidden, and the next smallest with them where that takes it: then two or more are
-- hidden, which sum to the threshold or more, and nobody can subtract their way to one of them. Where the sum is hidden,
-- all that is inside is.

create schema bi;
grant usage on schema bi to bi;

-- The least count that is shown; 0: all are. The owner sets it: update bi.rule set min_cell = 10.
create table bi.rule (
    only_row boolean primary key default true check (only_row),
    min_cell integer not null check (min_cell >= 0)
);
insert into bi.rule (min_cell) values (10);

do $$
begin
    if exists (select from pg_roles where rolname = 'bi') then
        alter role bi set default_transaction_read_only = on;
        alter role bi set statement_timeout = '60s';
        -- Compiling takes longer than these queries do.
        alter role bi set jit = off;
        alter role bi connection limit 5;
    end if;
end
$$;

-- Which of the numbers that make up a known sum are hidden: those under the least count, and the next smallest if they
-- are alone or sum to less than it.
create function bi.hidden(counts bigint[], least_count integer) returns boolean[]
language sql immutable as $$
    select array_agg(place <= small + (small = 1 or small > 0 and small_sum < least_count)::integer order by number)
    from (
        select number, row_number() over (order by counted, number) as place,
               count(*) filter (where counted < least_count) over () as small,
               sum(counted) filter (where counted < least_count) over () as small_sum
        from (select coalesce(c, 0) as counted, number from unnest(counts) with ordinality as u (c, number)) c
    ) x
$$;
-- The same, where some are hidden already: those count as if they were 0.
create function bi.hidden(counts bigint[], already boolean[], least_count integer) returns boolean[]
language sql immutable as $$
    select bi.hidden(array_agg(case when h then 0 else c end order by number), least_count)
    from unnest(counts, already) with ordinality as u (c, h, number)
$$;

-- Places --------------------------------------------------------------------------------------------------------------

create view bi.places as
select k.scope_id as place_id, k.kind::text as level, r.slug as region, r.name as region_name, y.slug as city,
       y.name as city_name, s.slug as shop, s.name as shop_name, s.time_zone
from public.scope k
left join public.shop s on s.shop_id = k.shop_id
left join public.city y on y.city_id = coalesce(k.city_id, s.city_id)
left join public.region r on r.region_id = coalesce(k.region_id, y.region_id);

-- Shops with what they lie in. This and the views shop_... below are for the other views; role bi does not read them.
create view bi.shop_names as
select k.scope_id as place_id, r.slug as region, r.name as region_name, y.slug as city, y.name as city_name, s.slug as shop,
       s.name as shop_name, c.scope_id as city_place_id, o.scope_id as region_place_id, w.scope_id as world_place_id
from public.shop s
join public.scope k using (shop_id)
join public.city y on y.city_id = s.city_id
join public.scope c on c.city_id = y.city_id
join public.region r on r.region_id = y.region_id
join public.scope o on o.region_id = r.region_id
join public.scope w on w.kind = 'world';

-- Shops ---------------------------------------------------------------------------------------------------------------
-- An hour or a day in which shops were open and no camera sent anything is a gap: nothing is known of it, so that it
-- neither counts as small nor hides another one.

create view bi.shop_months as
select n.*, t.first_day as month, t.visitors as counted, t.visitors > 0 or t.cameras_seen > 0 as is_known, rule.min_cell,
       t.visitors >= rule.min_cell as is_shown, t.open_hours, t.cameras_due, t.cameras_seen, t.cells,
       array[t.neutral, t.happiness, t.surprise, t.sadness, t.anger, t.disgust, t.fear, t.mood_unknown]::bigint[] as moods
from bi.shop_names n
join public.tally_month t on t.scope_id = n.place_id
cross join bi.rule;

create view bi.shop_days as
select d.*, d.is_known and d.of_month >= d.min_cell and d.place_in_month > d.hidden_days as is_shown
from (
    select c.*, c.small + (c.small = 1 or c.small > 0 and c.small_sum < c.min_cell)::integer as hidden_days
    from (
        select x.*, sum(x.counted) over whole as of_month, count(*) filter (where x.is_known) over whole as known_days,
               count(*) filter (where x.is_known and x.counted < x.min_cell) over whole as small,
               sum(x.counted) filter (where x.is_known and x.counted < x.min_cell) over whole as small_sum,
               row_number() over (partition by x.place_id, x.region, x.city, x.shop, x.month
                   order by not x.is_known, x.counted, x.day) as place_in_month
        from (
            select n.*, t.local_day as day, date_trunc('month', t.local_day::timestamp)::date as month,
                   t.visitors as counted, t.visitors > 0 or t.cameras_seen > 0 as is_known, rule.min_cell, t.open_hours,
                   t.cameras_due, t.cameras_seen, t.female, t.male, t.gender_unknown, t.age_0_12, t.age_13_17,
                   t.age_18_24, t.age_25_34, t.age_35_44, t.age_45_54, t.age_55_64, t.age_65, t.neutral, t.happiness,
                   t.surprise, t.sadness, t.anger, t.disgust, t.fear, t.mood_unknown
            from bi.shop_names n
            join public.tally_day t on t.scope_id = n.place_id
            cross join bi.rule
        ) x
        window whole as (partition by x.place_id, x.region, x.city, x.shop, x.month)
    ) c
) d;

create view bi.shop_hours as
select h.*, h.is_known and h.of_day >= h.min_cell
       and h.place_in_day > h.small + (h.small = 1 or h.small > 0 and h.small_sum < h.min_cell)::integer as is_apart
from (
    select x.*, sum(x.counted) over whole as of_day,
           count(*) filter (where x.is_known and x.counted < x.min_cell) over whole as small,
           sum(x.counted) filter (where x.is_known and x.counted < x.min_cell) over whole as small_sum,
           row_number() over (partition by x.place_id, x.region, x.city, x.shop, x.month, x.day
               order by not x.is_known, x.counted, x.hour) as place_in_day
    from (
        select n.*, t.local_day as day, date_trunc('month', t.local_day::timestamp)::date as month,
               t.local_hour::integer as hour, t.visitors as counted, t.visitors > 0 or t.cameras_seen > 0 as is_known,
               rule.min_cell, t.open_hours, t.cameras_due, t.cameras_seen
        from bi.shop_names n
        join public.tally_hour t on t.scope_id = n.place_id
        cross join bi.rule
    ) x
    window whole as (partition by x.place_id, x.region, x.city, x.shop, x.month, x.day)
) h;

create function bi.coverage(cameras_seen bigint, cameras_due bigint) returns numeric
language sql immutable as $$
    select least(1, round(cameras_seen::numeric / nullif(cameras_due, 0), 4))
$$;

-- Visitors ------------------------------------------------------------------------------------------------------------

create view bi.visitors_by_hour as
select h.place_id, h.region, h.region_name, h.city, h.city_name, h.shop, h.shop_name, h.month, h.day, h.hour,
       case when h.is_apart and d.is_shown then h.counted end as visitors,
       h.is_known and not (h.is_apart and d.is_shown) as is_hidden, h.open_hours, h.cameras_due, h.cameras_seen,
       bi.coverage(h.cameras_seen, h.cameras_due) as coverage
from bi.shop_hours h
join bi.shop_days d using (place_id, region, city, shop, month, day);

-- Of shops, and the sums of what is shown of them.
do $$
declare
    grain text;
    wider record;
    pieces text;
begin
    foreach grain in array array['t.month, t.day', 't.month'] loop
        pieces := '';
        for wider in select * from (values
            ('city', 't.region, t.region_name, t.city, t.city_name'),
            ('region', 't.region, t.region_name, null, null'),
            ('world', 'null, null, null, null')
        ) v (level, names) loop
            pieces := pieces || format(
                ' union all select %1$L, t.%1$s_place_id, %2$s, null, null, %3$s, sum(t.counted) filter (where t.is_shown), '
                'count(*) filter (where t.is_known and not t.is_shown), sum(t.open_hours), sum(t.cameras_due), '
                'sum(t.cameras_seen), bi.coverage(sum(t.cameras_seen), sum(t.cameras_due)) from bi.shop_%4$ss t group by %5$s',
                wider.level, wider.names, grain, split_part(grain, '.', -1),
                concat_ws(', ', format('t.%s_place_id', wider.level), nullif(replace(wider.names, ', null', ''), 'null'), grain));
        end loop;
        execute format(
            'create view bi.visitors_by_%1$s as '
            'select ''shop'' as level, t.place_id, t.region, t.region_name, t.city, t.city_name, t.shop, t.shop_name, %2$s, '
            'case when t.is_shown then t.counted end::bigint as visitors, '
            '(t.is_known and not t.is_shown)::integer::bigint as shops_hidden, t.open_hours::bigint as open_hours, '
            't.cameras_due::bigint as cameras_due, t.cameras_seen::bigint as cameras_seen, '
            'bi.coverage(t.cameras_seen, t.cameras_due) as coverage from bi.shop_%1$ss t %3$s',
            split_part(grain, '.', -1), grain, pieces);
    end loop;
end
$$;

-- Who came, by month --------------------------------------------------------------------------------------------------

create view bi.mood_by_month as
select m.place_id, m.region, m.region_name, m.city, m.city_name, m.shop, m.shop_name, m.month,
       (array['neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'unknown'])[i] as mood,
       case when m.is_shown and not m.hidden[i] then m.moods[i] end as visitors,
       m.is_known and (not m.is_shown or m.hidden[i]) as is_hidden, bi.coverage(m.cameras_seen, m.cameras_due) as coverage
from (
    select t.*, h.hidden
    from bi.shop_months t
    -- Once for a month, and not once for each mood of it: what has an offset is not taken apart.
    cross join lateral (select bi.hidden(t.moods, t.min_cell) as hidden offset 0) h
) m
cross join generate_series(1, 8) i;

-- What is shown by day adds up to what there is of each gender and of each band. So an age band is shown of every gender
-- or of none, and the hidden bands of each gender sum to the threshold or more.
do $$
begin
    execute format($view$
        create view bi.gender_age_by_month as
        select m.place_id, m.region, m.region_name, m.city, m.city_name, m.shop, m.shop_name, m.month,
               (array['female', 'male', 'unknown'])[g] as gender,
               (array['0-12', '13-17', '18-24', '25-34', '35-44', '45-54', '55-64', '65+'])[b] as age_band,
               case when m.is_shown and not m.hidden[b] then m.counts[(g - 1) * 8 + b] end as visitors,
               m.is_known and (not m.is_shown or m.hidden[b]) as is_hidden,
               bi.coverage(m.cameras_seen, m.cameras_due) as coverage
        from (
            select t.*, c.counts, h.hidden
            from bi.shop_months t
            cross join lateral (select array[%s]::bigint[] as counts offset 0) c
            cross join lateral (select bi.hidden(array[%s], t.min_cell) as hidden offset 0) h
        ) m
        cross join generate_series(1, 3) g
        cross join generate_series(1, 8) b
    $view$,
        (select string_agg(cell, ', ' order by i) from (
            select i, string_agg(format('t.cells[%s]', i * 8 + m), ' + ' order by m) as cell
            from generate_series(0, 23) i cross join generate_series(1, 8) m group by i) cells),
        (select string_agg(format('least(c.counts[%s], c.counts[%s], c.counts[%s])', b, b + 8, b + 16), ', ' order by b)
         from generate_series(1, 8) b));
end
$$;

-- Who came, by day ----------------------------------------------------------------------------------------------------
-- Gender, age and mood each by itself. Of a shop and month a gender, an age band or a mood is shown on all days or on
-- none: it is hidden if there is a day of fewer than the threshold of it, or if the month hides it, with the next ones as
-- above. So that one quiet day does not cost a month, days with far fewer visitors than usual are left out, two or more.

create view bi.shop_days_apart as
select q.*, q.is_known and q.of_month >= q.min_cell and (q.quiet = 0 or q.place_in_month > q.quiet + 1) as is_told
from (
    select d.*, greatest(d.hidden_days, count(*) filter (
               where d.is_known and d.min_cell > 0
                   and d.counted < greatest(3 * d.min_cell, d.of_month / nullif(d.known_days, 0) / 4)
           ) over (partition by d.place_id, d.region, d.city, d.shop, d.month)) as quiet
    from bi.shop_days d
) q;

do $$
declare
    genders text[] := array['female', 'male', 'gender_unknown'];
    ages text[] := array['age_0_12', 'age_13_17', 'age_18_24', 'age_25_34', 'age_35_44', 'age_45_54', 'age_55_64', 'age_65'];
    moods text[] := array['neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'mood_unknown'];
    least_of text := 'least(min(d.%1$I) filter (where d.is_told), sum(d.%1$I) filter (where d.is_known and not d.is_told))';
    told text := 'case when d.is_told and not r.%2$s_hidden[%3$s] then d.%1$I end as %1$I';
    columns text := 'select d.place_id, d.region, d.region_name, d.city, d.city_name, d.shop, d.shop_name, d.month, d.day';
    rest text := 'not d.is_known as is_gap, bi.coverage(d.cameras_seen, d.cameras_due) as coverage '
        'from bi.shop_days_apart d join bi.shop_rules r using (place_id, region, city, shop, month)';
begin
    execute format($view$
        create view bi.shop_rules as
        select d.place_id, d.region, d.city, d.shop, d.month,
               bi.hidden(array[%s]::bigint[], min(d.min_cell)) as gender_hidden,
               bi.hidden(array[%s]::bigint[], min(d.min_cell)) as age_hidden,
               bi.hidden(array[%s]::bigint[], bi.hidden(array[%s]::bigint[], min(d.min_cell)), min(d.min_cell)) as mood_hidden
        from bi.shop_days_apart d
        group by d.place_id, d.region, d.city, d.shop, d.month
    $view$,
        (select string_agg(format(least_of, c), ', ' order by i) from unnest(genders) with ordinality u (c, i)),
        (select string_agg(format(least_of, c), ', ' order by i) from unnest(ages) with ordinality u (c, i)),
        (select string_agg(format(least_of, c), ', ' order by i) from unnest(moods) with ordinality u (c, i)),
        (select string_agg(format('sum(d.%I)', c), ', ' order by i) from unnest(moods) with ordinality u (c, i)));
    execute format('create view bi.gender_age_by_day as %s, %s, %s, %s', columns,
        (select string_agg(format(told, c, 'gender', i), ', ' order by i) from unnest(genders) with ordinality u (c, i)),
        (select string_agg(format(told, c, 'age', i), ', ' order by i) from unnest(ages) with ordinality u (c, i)), rest);
    execute format('create view bi.mood_by_day as %s, %s, %s', columns,
        (select string_agg(format(told, c, 'mood', i), ', ' order by i) from unnest(moods) with ordinality u (c, i)), rest);
end
$$;

-- Cameras -------------------------------------------------------------------------------------------------------------
-- By their last seven days. Shares of photos and faces say nothing of how many visitors there were.

create view bi.cameras as
select c.slug as camera, n.place_id, n.region, n.region_name, n.city, n.city_name, n.shop, n.shop_name,
       case when c.disabled then 'disabled' when h.state is null or h.state = 'disabled' then 'new' else h.state::text end
           as state,
       coalesce(h.trouble::text, 'none') as trouble, h.last_photo_at, h.last_photo_at at time zone s.time_zone as last_photo_local,
       h.drift_s, h.photos, h.refused,
       round(h.photos_without_face::numeric / nullif(h.photos, 0), 2) as no_face_share,
       round(h.faces_too_small::numeric / nullif(h.faces + h.faces_too_small, 0), 2) as too_small_share,
       round(h.faces_too_dark::numeric / nullif(h.faces, 0), 2) as too_dark_share,
       round(h.faces_blurred::numeric / nullif(h.faces, 0), 2) as blurred_share,
       round(h.faces_turned_away::numeric / nullif(h.faces, 0), 2) as turned_away_share, h.refreshed_at
from public.camera c
join public.shop s using (shop_id)
join bi.shop_names n on n.shop = s.slug
left join public.camera_health h using (camera_id)
where not c.catch_all;

grant select on bi.rule, bi.places, bi.visitors_by_hour, bi.visitors_by_day, bi.visitors_by_month, bi.gender_age_by_day,
    bi.gender_age_by_month, bi.mood_by_day, bi.mood_by_month, bi.cameras to bi;
