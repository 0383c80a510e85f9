"""What faceapi touches of the world."""
