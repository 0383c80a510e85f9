-- A report that could not be sent is tried again, so often and then no more. A run that somebody works on is not tried
-- before `try_at` either: if they die, another one sends it then.

alter table schedule_run add column attempts smallint not null default 0;
alter table schedule_run add column try_at timestamptz not null default now();
create index on schedule_run (try_at) where sent_at is null;
