"""What `idvault setup` writes on a host: users, folders, keys, certificates, settings and units."""
