"""What is in order and what is not, in words; how far behind a consumer is; what a dead letter says."""
