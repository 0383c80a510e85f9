"""Which faces are drawn, what a label is, and what a data set says. Pure."""
