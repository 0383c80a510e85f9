"""Cameras upload photos by FTP; each is in the object store and announced as PhotoStored before the camera is told 226.

Consumes FTP and explicit FTPS, and the camera logins in the key-value bucket CAMERAS.
Produces photos in S3, PhotoStored on the stream PHOTOS, and PhotoRejected on the stream RESULTS.
"""
