-- The page "Camera check" says which registered camera a photo's name or EXIF belongs to.
grant select (identifiers) on camera to report;
