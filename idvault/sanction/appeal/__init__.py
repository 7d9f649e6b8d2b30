"""Appeals against sanctions."""
