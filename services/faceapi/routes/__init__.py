"""What is asked over HTTP, and how it is answered: a file for each protocol."""
