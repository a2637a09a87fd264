"""Work that takes longer than a request: uploads, imports, jobs in the background."""
