"""Tests of faceapi."""
