-- Logins that several cameras of a shop share, shops' opening hours, and what cameras call themselves and their photos.

alter type upload_outcome add value 'outside_hours';
alter type upload_outcome add value 'burst';
alter type upload_outcome add value 'not_photo';
alter type upload_outcome add value 'disabled';

create type time_source as enum ('path', 'exif', 'arrival');

-- Registry ------------------------------------------------------------------------------------------------------------

create table login (
    login_id integer generated always as identity primary key,
    slug text not null unique,
    secret_sha256 bytea not null,
    salt bytea not null
);
insert into login (slug, secret_sha256, salt) select login, secret_sha256, salt from camera order by camera_id;

alter table camera
    add login_id integer references login,
    add identifiers text[] not null default '{}',
    add pattern text not null default 'any',
    add burst_window_s integer not null default 0 check (burst_window_s between 0 and 3600),
    -- Not a camera: what photos of a shared login are counted for when no camera is recognised. Its slug is the login's.
    add catch_all boolean not null default false;
update camera set login_id = login.login_id from login where login.slug = camera.login;
alter table camera
    alter login_id set not null,
    drop login,
    drop secret_sha256,
    drop salt;
create index on camera (login_id);

alter table shop
    add opening_hours text not null default '',
    add holidays date[] not null default '{}';

-- Results -------------------------------------------------------------------------------------------------------------

alter table photo
    add time_source time_source not null default 'arrival',
    -- What the camera's clock showed; null where the upload did not say.
    add stamped_at timestamptz;

-- When each camera was last heard of, and how far its clock was off then.
create table camera_clock (
    camera_id integer primary key references camera,
    received_at timestamptz not null,
    time_source time_source not null,
    -- Positive: the camera's clock is fast, or slow when negative. Null where the upload did not say.
    drift_s real
) with (fillfactor = 60);

-- Rights --------------------------------------------------------------------------------------------------------------

grant select (catch_all) on camera to record, report;
grant select, insert, update on camera_clock to record;
grant select on camera_clock to report;
grant select, insert, update, delete on login to estate;
