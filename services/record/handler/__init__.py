"""Keep results, each exactly once; add them up for every place, again and again."""
