"""What operate touches of the world: it looks at everything, and changes nothing but dead letters."""
