"""Former versions of records: held, and destroyed with their shred keys when they are due."""
