-- The registry of places, the results photo by photo, and the tallies that reports read.
-- Roles (made by services.provision): record writes results, report reads tallies, estate keeps the registry.

create type gender as enum ('female', 'male', 'unknown');
create type age_band as enum ('0-12', '13-17', '18-24', '25-34', '35-44', '45-54', '55-64', '65+');
create type mood as enum ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'unknown');
create type upload_outcome as enum (
    -- kept and looked at
    'faces', 'no_face', 'face_too_small', 'unreadable',
    -- refused at the door
    'empty', 'not_jpeg', 'truncated', 'too_large', 'too_many_pixels'
);

-- Registry ------------------------------------------------------------------------------------------------------------

create table region (
    region_id smallint generated always as identity primary key,
    slug text not null unique,
    name text not null
);

create table city (
    city_id integer generated always as identity primary key,
    region_id smallint not null references region,
    slug text not null unique,
    name text not null
);
create index on city (region_id);

create table shop (
    shop_id integer generated always as identity primary key,
    city_id integer not null references city,
    slug text not null unique,
    name text not null,
    time_zone text not null
);
create index on shop (city_id);

create table camera (
    camera_id integer generated always as identity primary key,
    shop_id integer not null references shop,
    slug text not null unique,
    login text not null unique,
    secret_sha256 bytea not null,
    salt bytea not null,
    disabled boolean not null default false
);
create index on camera (shop_id);

-- Results -------------------------------------------------------------------------------------------------------------

-- What has been counted already. A photo may come again with another arrival time, hence in another partition, so its
-- id is unique here, in a table without partitions (docs/adr/0003).
create table counted_once (
    id uuid primary key,
    counted_at timestamptz not null default now()
);
create index on counted_once using brin (counted_at);

-- local_day and local_hour are the shop's own, fixed when the photo is counted: a later change of the shop's time zone
-- must not move what is tallied.
create table photo (
    photo_id uuid not null,
    camera_id integer not null,
    captured_at timestamptz not null,
    received_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    local_day date not null,
    local_hour smallint not null check (local_hour between 0 and 23),
    outcome upload_outcome not null,
    width_px integer not null,
    height_px integer not null,
    size_bytes integer not null,
    too_small_count smallint not null,
    object_key text not null,
    detector_version text not null,
    classifier_version text not null,
    primary key (photo_id, local_day)
) partition by range (local_day);
create index on photo (camera_id, captured_at);

create table face (
    photo_id uuid not null,
    local_day date not null,
    face_index smallint not null,
    shop_id integer not null,
    local_hour smallint not null,
    box_left_px integer not null,
    box_top_px integer not null,
    box_width_px integer not null,
    box_height_px integer not null,
    score real not null,
    eye_distance_px real not null,
    age_years real not null,
    female_probability real not null,
    -- neutral, happiness, surprise, sadness, anger, disgust, fear
    emotion_probabilities real[] not null,
    gender gender not null,
    age_band age_band not null,
    mood mood not null,
    primary key (photo_id, face_index, local_day)
) partition by range (local_day);

-- A month's partitions of both tables, made when the first photo of the month comes. Runs as the owner, because record
-- may not create tables. Two writers may ask at once.
create function ensure_month(day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    first_day date := date_trunc('month', day);
    next_month date := first_day + interval '1 month';
    parent text;
begin
    foreach parent in array array['photo', 'face'] loop
        if to_regclass(format('%s_%s', parent, to_char(first_day, 'YYYY_MM'))) is null then
            perform pg_advisory_xact_lock(hashtext('ensure_month'));
            execute format(
                'create table if not exists %I partition of %I for values from (%L) to (%L)',
                format('%s_%s', parent, to_char(first_day, 'YYYY_MM')), parent, first_day, next_month
            );
        end if;
    end loop;
end
$$;

-- Tallies -------------------------------------------------------------------------------------------------------------

-- Visitors of one shop in one hour of its own day, by gender and age band; one column per mood.
create table tally_hour (
    shop_id integer not null references shop,
    local_day date not null,
    local_hour smallint not null check (local_hour between 0 and 23),
    gender gender not null,
    age_band age_band not null,
    neutral integer not null default 0,
    happiness integer not null default 0,
    surprise integer not null default 0,
    sadness integer not null default 0,
    anger integer not null default 0,
    disgust integer not null default 0,
    fear integer not null default 0,
    unknown integer not null default 0,
    primary key (shop_id, local_day, local_hour, gender, age_band)
) with (fillfactor = 80);

-- What became of every upload of a camera, refused ones included.
create table tally_upload (
    camera_id integer not null references camera,
    local_day date not null,
    local_hour smallint not null check (local_hour between 0 and 23),
    outcome upload_outcome not null,
    uploads integer not null default 0,
    primary key (camera_id, local_day, local_hour, outcome)
) with (fillfactor = 80);

-- Rights --------------------------------------------------------------------------------------------------------------

revoke all on all functions in schema public from public;

grant select on region, city, shop to record, report, estate;
grant select (camera_id, shop_id, slug, disabled) on camera to record, report;

grant execute on function ensure_month(date) to record;
grant select, insert on counted_once, photo, face to record;
grant select, insert, update on tally_hour, tally_upload to record;

grant select on tally_hour, tally_upload to report;

grant select, insert, update on region, city, shop, camera to estate;
