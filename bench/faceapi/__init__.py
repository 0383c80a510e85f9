"""The face API beside face-api.js behind HTTP: requests a second, how long each takes, and what it costs."""
