-- What a release of models in shadow says of faces, beside what is recorded of them. It counts in no tally; it is compared.

create table shadow_face (
    photo_id uuid not null,
    face_index smallint not null,
    local_day date not null,
    camera_id integer not null references camera,
    shop_id integer not null references shop,
    seen_at timestamptz not null,
    -- Which models said what is recorded, and which ones were in shadow.
    version text not null,
    shadow_version text not null,
    age_years real not null,
    female_probability real not null,
    -- neutral, happiness, surprise, sadness, anger, disgust, fear
    emotion_probabilities real[] not null check (cardinality(emotion_probabilities) = 7),
    shadow_age_years real not null,
    shadow_female_probability real not null,
    shadow_emotion_probabilities real[] not null check (cardinality(shadow_emotion_probabilities) = 7),
    primary key (photo_id, face_index, shadow_version)
);
create index on shadow_face (local_day);
grant select, insert, delete on shadow_face to record;

-- Ids of photos are digests: those below one of them are an even part of all, found by the index. Which part of a table of theirs has
-- about so many rows; 1 where all have no more.
create function even_part(of_table regclass, most bigint) returns double precision
language sql stable set search_path = public, pg_temp as $$
    select least(1, most / greatest(1, sum(greatest(c.reltuples, 0))))::double precision
    from pg_class c
    where c.relkind = 'r' and (c.oid = of_table or c.oid in (select i.inhrelid from pg_inherits i where i.inhparent = of_table))
$$;
create function part_end(part double precision) returns uuid
language sql immutable as $$
    select (lpad(to_hex((4294967295 * part)::bigint), 8, '0') || repeat('f', 24))::uuid
$$;

-- Both of these are for admins, who may see no face and no photo. They run as the owner, and give sums over the whole estate: of all
-- photos or, where there are millions, of an even part of them, so that a page does not wait.

-- How often two releases say the same, by what is recorded of gender and age.
create function shadow_agreement(since date) returns table (
    version text, shadow_version text, gender text, age_band text, faces bigint, age_difference_years double precision,
    within_5_years bigint, same_gender bigint, same_mood bigint
)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return query execute format(
        'select f.version, f.shadow_version, case when f.female_probability >= 0.5 then ''female'' else ''male'' end,
            ((enum_range(null::age_band))[1 + width_bucket(floor(f.age_years)::integer, array[13, 18, 25, 35, 45, 55, 65])])::text,
            count(*), sum(abs(f.shadow_age_years - f.age_years))::double precision,
            count(*) filter (where abs(f.shadow_age_years - f.age_years) <= 5),
            count(*) filter (where (f.shadow_female_probability >= 0.5) = (f.female_probability >= 0.5)),
            count(*) filter (where array_position(s, greatest(s[1], s[2], s[3], s[4], s[5], s[6], s[7]))
                = array_position(e, greatest(e[1], e[2], e[3], e[4], e[5], e[6], e[7])))
        from shadow_face f, lateral (select f.emotion_probabilities as e, f.shadow_emotion_probabilities as s) m
        where f.local_day >= %L and f.photo_id <= %L
        group by 1, 2, 3, 4', since, part_end(even_part('shadow_face', 600000)));
end
$$;

-- Which releases answered on which day, and what they said of visitors. part: of the photos, that were looked at.
create function models_by_day(since date) returns table (
    version text, local_day date, part double precision, photos bigint, visitors bigint, women bigint, men bigint,
    age_years double precision, moods bigint[]
)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    looked_at double precision := even_part('photo', 2000000);
begin
    return query execute format(
        'select p.classifier_version, p.local_day, %L::double precision, count(distinct p.photo_id),
            count(f.photo_id), count(*) filter (where f.gender = ''female''), count(*) filter (where f.gender = ''male''),
            coalesce(sum(f.age_years), 0)::double precision,
            array[
                count(*) filter (where f.mood = ''neutral''), count(*) filter (where f.mood = ''happiness''),
                count(*) filter (where f.mood = ''surprise''), count(*) filter (where f.mood = ''sadness''),
                count(*) filter (where f.mood = ''anger''), count(*) filter (where f.mood = ''disgust''),
                count(*) filter (where f.mood = ''fear'')
            ]
        from photo p
        left join face f on f.photo_id = p.photo_id and f.local_day = p.local_day and f.counted
        where p.local_day >= %L and p.photo_id <= %L
        group by 1, 2', looked_at, since, part_end(looked_at));
end
$$;

revoke all on function even_part(regclass, bigint), part_end(double precision), shadow_agreement(date), models_by_day(date) from public;
grant execute on function shadow_agreement(date), models_by_day(date) to account;
-- Which releases are left out of the reports.
grant select on excluded_version to account;
