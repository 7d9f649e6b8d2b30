"""What IM backends import: the vault's calls, blocking and awaited."""
