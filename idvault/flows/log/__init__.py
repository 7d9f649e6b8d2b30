"""Use cases of the transparency log: sequencing, publication, proofs and audit."""
