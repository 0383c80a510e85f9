"""What is kept and counted, when it is due, how cameras do, and for how long all of it stays. Pure."""
