"""The version in the address of a geometry."""

from __future__ import annotations

from flask.testing import FlaskClient

from dashboard.maps import addresses


def geometry_version(client: FlaskClient, name: str) -> str:
    """Return the version that the present address of the geometry `name` holds."""
    return addresses.version(client.application.extensions["atlas"].source.atlas(), name)
