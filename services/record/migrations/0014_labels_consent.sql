-- People agree later, or not any more: `facetally labels consent`.
grant update (consent) on drawn_face to labels;
