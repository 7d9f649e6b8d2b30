"""The client of IM backends: the vault's calls, blocking and awaited."""
