"""Operations of several platforms, which an authority opens and whose counts it reads."""
