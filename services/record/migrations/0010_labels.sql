-- Faces that were drawn to be labelled, with their pictures, and what people say of them: `facetally labels` (docs/labels.md).

create table drawn_face (
    -- PHOTO-INDEX: the photo's id in 32 hexadecimal digits, the face's number in it.
    face_id text primary key,
    photo_id uuid not null,
    face_index smallint not null,
    local_day date not null,
    camera text not null,
    shop text not null,
    captured_at timestamptz not null,
    received_at timestamptz not null,
    object_key text not null,
    box_left_px integer not null,
    box_top_px integer not null,
    box_width_px integer not null,
    box_height_px integer not null,
    quality face_quality not null,
    -- A PNG of 144 x 144 pixels. It goes when the photo goes: record forgets these rows.
    chip bytea not null,
    -- Whether the person agreed that nets learn from it.
    consent boolean not null,
    -- Why it was drawn, and how much spoke for it; comparable within a method only.
    drawn_by text not null check (drawn_by in ('uncertainty', 'disagreement', 'balance', 'camera', 'random')),
    score real not null,
    -- 0 to 3: how little the estimates below say.
    doubt real not null,
    classifier_version text not null,
    age_years real not null,
    age_low_years real,
    age_high_years real,
    female_probability real not null,
    -- neutral, happiness, surprise, sadness, anger, disgust, fear
    emotion_probabilities real[] not null,
    drawn_at timestamptz not null default now(),
    unique (photo_id, face_index)
);
create index on drawn_face (received_at);
create index on drawn_face (doubt desc, face_id);

-- Several of a face are allowed; the newest counts.
create table face_label (
    label_id bigint generated always as identity primary key,
    face_id text not null references drawn_face on delete cascade,
    -- False: there is no face in the picture, or none that anybody could judge.
    is_face boolean not null,
    age_years real check (age_years between 0 and 120),
    gender gender check (gender <> 'unknown'),
    emotion mood check (emotion <> 'unknown'),
    labelled_by text not null check (labelled_by <> ''),
    labelled_at timestamptz not null default now(),
    check (is_face = (age_years is not null or gender is not null or emotion is not null))
);
create index on face_label (face_id, label_id desc);

create view newest_label with (security_invoker = true) as
select distinct on (face_id) * from face_label order by face_id, label_id desc;

-- Rights --------------------------------------------------------------------------------------------------------------

grant select on photo, face to labels;
grant select (shop_id, slug) on shop to labels;
grant select (camera_id, shop_id, slug) on camera to labels;
create policy labels on shop for select to labels using (true);
create policy labels on camera for select to labels using (true);
grant select, insert on drawn_face, face_label to labels;
grant select on newest_label to labels;

-- record forgets them with their photos, and sees no picture.
grant select (received_at), delete on drawn_face to record;

-- Admins look at faces of their places on the page Review, and say what they see: as `account`, which can add and not read.
grant select (face_id, camera, shop, captured_at, quality, chip, consent, drawn_by, doubt, classifier_version, age_years, age_low_years,
    age_high_years, female_probability, emotion_probabilities) on drawn_face to report;
grant select (label_id, face_id, is_face, age_years, gender, emotion, labelled_by, labelled_at) on face_label to report;
grant select on newest_label to report;
grant select (face_id) on drawn_face to account;
grant insert on face_label to account;

alter table drawn_face enable row level security;
create policy viewer on drawn_face for select to report using
    ((select viewer_sees_world()) or shop in (select s.slug from shop s));
create policy service on drawn_face to labels, record, account using (true) with check (true);
alter table face_label enable row level security;
create policy viewer on face_label for select to report using (face_id in (select d.face_id from drawn_face d));
create policy service on face_label to labels, account using (true) with check (true);
