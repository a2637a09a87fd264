"""What gunicorn loads: one application a worker, from the environment's settings."""

from dashboard.app import create_app
from dashboard.server.logs import to_stderr
from dashboard.server.warming import warm_beside
from dashboard.settings import load_settings

to_stderr()
server = create_app(load_settings()).server
warm_beside(server)
