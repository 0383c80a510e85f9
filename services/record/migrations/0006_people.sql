-- How people sign in, what they have seen and exported, their groups of shops and their scheduled reports. Only the role
-- `account` comes near it; reports read groups as well.

-- Signing in ----------------------------------------------------------------------------------------------------------

-- Who they are at the identity provider, bound when they first sign in there.
alter table person add column oidc_issuer text, add column oidc_subject text;
alter table person add check ((oidc_issuer is null) = (oidc_subject is null));
alter table person add unique (oidc_issuer, oidc_subject);
alter table person add column signed_in_at timestamptz;

-- Tokens are kept as their SHA-256 only: whoever reads this table cannot sign in with it.
create table session (
    token_sha256 bytea primary key check (length(token_sha256) = 32),
    person_id integer not null references person on delete cascade,
    csrf text not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index on session (person_id);

create table api_token (
    token_id integer generated always as identity primary key,
    person_id integer not null references person on delete cascade,
    name text not null check (name <> ''),
    token_sha256 bytea not null unique check (length(token_sha256) = 32),
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz not null check (expires_at <= created_at + interval '366 days')
);
create index on api_token (person_id);

-- Attempts to sign in that have not succeeded, so that limits hold whichever replica is asked. Gone after a crash, which
-- is soon enough: nothing else is.
create unlogged table login_attempt (
    attempt_id bigint generated always as identity primary key,
    key text not null,
    at timestamptz not null default now()
);
create index on login_attempt (key, at);

-- Who saw and did what ------------------------------------------------------------------------------------------------

create table audit_entry (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    -- Null where nobody was known, as at a failed login. Not a reference: the log outlives people.
    person_id integer,
    email text not null default '',
    action text not null,
    subject text not null default '',
    details jsonb not null default '{}',
    address inet
);
create index on audit_entry (person_id, audit_id);
create index on audit_entry (action, audit_id);
create index on audit_entry using brin (at);

-- The log can be added to, and never changed; what is older than it is kept goes through here, and only that.
create function forget_audit(before timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    gone bigint;
begin
    if before > now() - interval '30 days' then
        raise exception 'the audit log is kept for 30 days at least';
    end if;
    delete from audit_entry where at < before;
    get diagnostics gone = row_count;
    return gone;
end
$$;

-- Groups of shops -----------------------------------------------------------------------------------------------------

create table shop_group (
    group_id integer generated always as identity primary key,
    slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text not null check (name <> ''),
    owner_id integer not null references person (person_id) on delete cascade,
    -- Others may use it as well; its numbers still go only to those who may see all its shops.
    shared boolean not null default false
);
create index on shop_group (owner_id);
create table shop_group_member (
    group_id integer not null references shop_group on delete cascade,
    shop_id integer not null references shop,
    primary key (group_id, shop_id)
);

-- Scheduled reports ---------------------------------------------------------------------------------------------------

create type schedule_cadence as enum ('daily', 'weekly', 'monthly');
create table schedule (
    schedule_id integer generated always as identity primary key,
    owner_id integer not null references person (person_id) on delete cascade,
    name text not null check (name <> ''),
    place_level text not null check (place_level in ('world', 'region', 'city', 'shop', 'group', 'yours')),
    place_slug text not null default '',
    -- What the page's address asks for, such as period=28d&gender=female.
    query text not null default '',
    format text not null,
    cadence schedule_cadence not null,
    -- 0 is Monday; only where the cadence is weekly.
    weekday smallint check (weekday between 0 and 6),
    hour smallint not null check (hour between 0 and 23),
    time_zone text not null,
    recipients text[] not null,
    active boolean not null default true,
    next_at timestamptz not null,
    last_at timestamptz,
    last_error text,
    check ((weekday is not null) = (cadence = 'weekly'))
);
create index on schedule (next_at) where active;
create index on schedule (owner_id);
-- One row for each time that a schedule was due: whoever inserts it sends it, so that two replicas send one mail.
create table schedule_run (
    schedule_id integer not null references schedule on delete cascade,
    due_at timestamptz not null,
    sent_at timestamptz,
    primary key (schedule_id, due_at)
);

-- Rights --------------------------------------------------------------------------------------------------------------

grant select, insert, update, delete on session, api_token, shop_group, shop_group_member, schedule, schedule_run to account;
grant select, insert, delete on login_attempt to account;
grant select, insert on audit_entry to account;
revoke all on function forget_audit(timestamptz) from public;
grant execute on function forget_audit(timestamptz) to account;

grant select on shop_group, shop_group_member to report;
alter table shop_group enable row level security;
alter table shop_group_member enable row level security;
create policy viewer on shop_group for select to report using
    (shared or owner_id = nullif(current_setting('facetally.viewer', true), '')::integer);
create policy viewer on shop_group_member for select to report using
    (group_id in (select g.group_id from shop_group g));
create policy service on shop_group to account using (true) with check (true);
create policy service on shop_group_member to account using (true) with check (true);
