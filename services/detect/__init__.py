"""Finds the faces in each photo with dlib, measures them, and cuts out an aligned chip of each.

Consumes PhotoStored from the stream PHOTOS, and the photo from S3.
Produces FacesDetected on the stream FACES, one for every photo, also when it has no face or cannot be read.
Answers what is to be seen in a photo: to an installer on examine.photo, to whoever looks closely on look.photo.
"""
