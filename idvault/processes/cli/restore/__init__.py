"""The command idvault restore: what a restored pair lacks, and how the log goes on without it."""
