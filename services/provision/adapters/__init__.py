"""What provision touches of the world."""
