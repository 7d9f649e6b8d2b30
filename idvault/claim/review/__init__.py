"""Documents that a reviewer sees and signs, because no registry is asked about them."""
