-- What a face's picture is worth, and whether the face counts as a visitor: tallies hold the faces that are counted.

create type face_quality as enum ('good', 'usable', 'rejected');
create type quality_reason as enum (
    'none', 'eyes_too_close', 'blurred', 'too_dark', 'too_bright', 'turned_away'
);

-- By default what is true of faces from before: every one was counted, with its mood.
alter table face
    add quality face_quality not null default 'good',
    add quality_reason quality_reason not null default 'none',
    add counted boolean not null default true,
    -- Ends of an interval that holds the true age in nine of ten faces. Null where it was not estimated.
    add age_low_years real,
    add age_high_years real;
