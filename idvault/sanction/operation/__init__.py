"""Operations: sanctions that belong together."""
