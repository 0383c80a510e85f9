-- Faces are drawn where a release in shadow says something else: `facetally sample --by disagreement`.
grant select on shadow_face to labels;
