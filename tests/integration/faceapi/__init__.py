"""Tests of faceapi on real servers."""
