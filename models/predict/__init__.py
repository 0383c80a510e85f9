"""All that services see of the models.

`finder`: photos in, faces out. `classifier`: faces in, ages, genders and emotions out. `weights`: whether all of them are there.
"""
