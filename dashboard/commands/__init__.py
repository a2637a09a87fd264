"""What the command line does: one module a command; results on stdout, words on stderr."""
