"""Cameras upload photos by FTP; each is in the object store and announced as PhotoStored before the camera is told 226.

Consumes FTP, explicit and implicit FTPS, and shops with their cameras and logins in the key-value bucket SHOPS.
Produces photos in S3, PhotoStored on the stream PHOTOS, and PhotoRejected on the stream RESULTS; keeps PhotoHeld on the stream HELD.
"""
