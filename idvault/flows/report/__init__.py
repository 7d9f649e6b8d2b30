"""Makes the transparency report, and publishes it."""
