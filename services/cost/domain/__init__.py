"""The rules of cost: what is assumed, and the arithmetic on it."""
