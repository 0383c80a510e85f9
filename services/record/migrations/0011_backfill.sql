-- Estimates that count nowhere, and those that are made again: `facetally backfill` (docs/backfill.md).

create table excluded_version (
    classifier_version text primary key,
    excluded_at timestamptz not null default now(),
    excluded_by text not null,
    reason text not null
);
-- Whether its faces are left out of all tallies. It follows excluded_version; what a photo and its tallies say changes in one transaction.
alter table photo add excluded boolean not null default false;
-- One entry for millions of photos: it says which versions there are, and leads to the photos whose flag is to change.
create index on photo (classifier_version, excluded, local_day);

-- Which versions are excluded, for as long as the transaction lasts. Whoever writes photos asks here: a version that is excluded or
-- included meanwhile waits until they are there, and then finds them. Each statement of a volatile function sees what was committed
-- before it, so that the lock comes first.
create function excluded_versions() returns setof text
language plpgsql volatile set search_path = public, pg_temp as $$
begin
    perform pg_advisory_xact_lock_shared(hashtext('excluded_version'));
    return query select classifier_version from excluded_version;
end
$$;
-- Whether it was not excluded before. Nobody else may write the table: the lock cannot be forgotten.
create function exclude_version(version text, who text, why text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('excluded_version'));
    insert into excluded_version (classifier_version, excluded_by, reason) values (version, who, why) on conflict do nothing;
    return found;
end
$$;
-- Whether it was excluded before.
create function include_version(version text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('excluded_version'));
    delete from excluded_version where classifier_version = version;
    return found;
end
$$;

-- A period of photos whose faces are estimated again. camera_id, captured_at and photo_id are those of the last photo that is done:
-- photos are taken in this order. They move in the transaction that changes the photos.
create table backfill_job (
    id integer generated always as identity primary key,
    release text not null,
    version text not null,
    since date not null,
    until date not null,
    -- Empty: all.
    shops text[] not null,
    camera_id integer not null default 0,
    captured_at timestamptz not null default 'epoch',
    photo_id uuid not null default '00000000-0000-0000-0000-000000000000',
    done bigint not null default 0,
    skipped bigint not null default 0,
    state text not null default 'running' check (state in ('running', 'done')),
    started_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

revoke all on function excluded_versions(), exclude_version(text, text, text), include_version(text) from public;
grant execute on function excluded_versions() to record, backfill;
grant execute on function exclude_version(text, text, text), include_version(text) to backfill;
grant select on excluded_version to record, backfill;
grant select on scope, photo, face to backfill;
grant select (shop_id, slug) on shop to backfill;
grant select (camera_id, shop_id) on camera to backfill;
-- Boxes, quality and who counts as a visitor stay what they were.
grant update (classifier_version, excluded) on photo to backfill;
grant update (age_years, age_low_years, age_high_years, female_probability, emotion_probabilities, gender, age_band, mood) on face
    to backfill;
grant select, insert, update on tally_hour, tally_stale, backfill_job to backfill;
create policy backfill on tally_hour to backfill using (true) with check (true);
create policy backfill on shop for select to backfill using (true);
create policy backfill on camera for select to backfill using (true);
