"""API keys and their limits, questions and answers, in the words of each protocol. Pure."""
