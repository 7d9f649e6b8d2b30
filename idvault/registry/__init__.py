"""The national registries as the vault asks them: their wire, an adapter, guard and budget."""
