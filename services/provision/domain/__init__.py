"""The rules of provision: what there is where, and what each service may do with it."""
