"""What every capability stands on: database, tables, edge, settings and telemetry."""
