"""Pieces of a page that take values and a gettext and return Dash components."""
