"""What the browser shows, and the command line. May import layers and geodata."""

__version__ = "0.1.0"
