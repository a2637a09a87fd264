"""What is known: files, schemas, coordinate systems, stores. Knows no layer, no browser."""
