"""What the reference runtimes give for a few real faces, and the scripts that asked them."""
