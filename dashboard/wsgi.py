"""What gunicorn loads: one application a worker, from the environment's settings."""

from dashboard.access.known_settings import note_settings
from dashboard.app import create_app
from dashboard.backup import serving
from dashboard.server.logs import to_stderr
from dashboard.server.retention import sweep_beside
from dashboard.server.warming import keep_up_beside, warm_beside
from dashboard.settings import load_settings

settings = load_settings()
to_stderr(settings.log_format)
serves = serving(settings.home)  # held as long as this process lives: a restore refuses meanwhile
server = create_app(settings).server
server.extensions["answers"].share()
note_settings(settings)
warm_beside(server)
keep_up_beside(server)
sweep_beside(server)
