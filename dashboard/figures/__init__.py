"""Frames in, Plotly figure dictionaries out; no Dash here."""
