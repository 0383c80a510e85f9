"""Operations: what is measured, on real servers and processes."""
