"""Facility location 设施选址: where further sites should stand, with proof and evidence."""
