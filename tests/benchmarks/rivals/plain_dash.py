"""A plain Dash app as one writes it first: a change of the filter makes the whole figure anew and sends it.

``RIVAL_STATIONS=stations.csv python -m gunicorn --chdir FOLDER plain_dash:server``, by a Python that has Dash,
Flask-Compress and pandas.
"""

from __future__ import annotations

import os

import pandas as pd
import plotly.express as px
from dash import Dash, Input, Output, dcc, html

FRAME = pd.read_csv(os.environ["RIVAL_STATIONS"])
LON, LAT, ZOOM = (float(one) for one in os.environ["RIVAL_VIEW"].split(","))

app = Dash(__name__, compress=True)
server = app.server
app.layout = html.Div(
    [
        dcc.Graph(id="map", style={"height": "100vh"}, config={"scrollZoom": True}),
        html.Div(
            dcc.Checklist(["24 h"], [], id="always"),
            style={"position": "absolute", "top": 8, "left": 8, "background": "white"},
        ),
    ]
)


@app.callback(Output("map", "figure"), Input("always", "value"))
def draw(always):
    rows = FRAME[FRAME["always"] == 1] if always else FRAME
    figure = px.scatter_map(
        rows,
        lat="latitude",
        lon="longitude",
        hover_name="name",
        map_style="white-bg",
        center={"lon": LON, "lat": LAT},
        zoom=ZOOM,
    )
    return figure.update_layout(uirevision="kept", margin={"l": 0, "r": 0, "t": 0, "b": 0})
