"""Use cases of the transparency log: order, publication, proofs, audit."""
