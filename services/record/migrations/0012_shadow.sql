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

-- Which of seven emotions is the strongest, from 1.
create function strongest_emotion(probabilities real[]) returns integer
language sql immutable parallel safe as $$
    select i::integer from unnest(probabilities) with ordinality as e (p, i) order by p desc, i limit 1
$$;

-- For admins, who see no face and no photo: how often two releases agree, by what is recorded of gender and age. Runs as the
-- owner, and gives sums over the whole estate only.
create function shadow_agreement(since date) returns table (
    version text, shadow_version text, gender text, age_band age_band, faces bigint, age_difference_years double precision,
    within_5_years bigint, same_gender bigint, same_mood bigint
)
language sql stable security definer set search_path = public, pg_temp as $$
    select f.version, f.shadow_version, case when f.female_probability >= 0.5 then 'female' else 'male' end,
        (enum_range(null::age_band))[1 + width_bucket(floor(f.age_years)::integer, array[13, 18, 25, 35, 45, 55, 65])],
        count(*), sum(abs(f.shadow_age_years - f.age_years)),
        count(*) filter (where abs(f.shadow_age_years - f.age_years) <= 5),
        count(*) filter (where (f.shadow_female_probability >= 0.5) = (f.female_probability >= 0.5)),
        count(*) filter (where strongest_emotion(f.shadow_emotion_probabilities) = strongest_emotion(f.emotion_probabilities))
    from shadow_face f
    where f.local_day >= since
    group by 1, 2, 3, 4
$$;

-- Which releases answered on which day, and what they made of it.
create function models_by_day(since date) returns table (
    version text, local_day date, photos bigint, cameras bigint, visitors bigint, women bigint, men bigint,
    age_years double precision, moods bigint[]
)
language sql stable security definer set search_path = public, pg_temp as $$
    with seen as (
        select p.classifier_version, p.local_day, count(*) as photos, count(distinct p.camera_id) as cameras
        from photo p
        where p.local_day >= since
        group by 1, 2
    ), said as (
        select p.classifier_version, p.local_day, count(*) as visitors,
            count(*) filter (where f.gender = 'female') as women, count(*) filter (where f.gender = 'male') as men,
            sum(f.age_years) as age_years,
            array[
                count(*) filter (where f.mood = 'neutral'), count(*) filter (where f.mood = 'happiness'),
                count(*) filter (where f.mood = 'surprise'), count(*) filter (where f.mood = 'sadness'),
                count(*) filter (where f.mood = 'anger'), count(*) filter (where f.mood = 'disgust'),
                count(*) filter (where f.mood = 'fear')
            ] as moods
        from photo p
        join face f on f.photo_id = p.photo_id and f.local_day = p.local_day
        where p.local_day >= since and f.counted
        group by 1, 2
    )
    select s.classifier_version, s.local_day, s.photos, s.cameras, coalesce(d.visitors, 0), coalesce(d.women, 0),
        coalesce(d.men, 0), coalesce(d.age_years, 0), coalesce(d.moods, array[0, 0, 0, 0, 0, 0, 0]::bigint[])
    from seen s
    left join said d using (classifier_version, local_day)
$$;

revoke all on function strongest_emotion(real[]), shadow_agreement(date), models_by_day(date) from public;
grant execute on function shadow_agreement(date), models_by_day(date) to account;
