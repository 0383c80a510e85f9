"""What the whole chain carries on one machine: photos a second, CPU a photo, and the time from 226 to the row."""
