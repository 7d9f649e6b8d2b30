"""A mock of the national registries: NPPA and enterprise wire, synthetic entries, admin port."""
