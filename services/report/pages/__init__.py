"""Pages and the JSON API: the same numbers, once for people and once for machines."""
