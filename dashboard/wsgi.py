"""What gunicorn loads: one application a worker, from the environment's settings."""

from dashboard.app import create_app
from dashboard.server.warming import warm_beside
from dashboard.settings import load_settings

server = create_app(load_settings()).server
warm_beside(server)
