"""A program that stands in for the national registry: NPPA wire, synthetic people, admin port."""
