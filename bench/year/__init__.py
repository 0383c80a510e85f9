"""A year of a thousand shops, made up: what reports are measured on, and what people can look at."""
