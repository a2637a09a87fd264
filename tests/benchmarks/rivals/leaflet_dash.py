"""dash-leaflet with its clustering: points as geobuf from an address of their own, clustered in the browser.

A filter of clustered points needs others to cluster, since the component's own `filter` is not asked where it
clusters: they have an address too, and both answers are made and compressed at the start.
``RIVAL_STATIONS=stations.csv python -m gunicorn --chdir FOLDER leaflet_dash:server``, by a Python that has
dash-leaflet, Flask-Compress, geobuf and pandas.
"""

from __future__ import annotations

import os

import brotli
import dash_leaflet as dl
import geobuf
import pandas as pd
from dash import Dash, Input, Output, dcc, html
from flask import Response

FRAME = pd.read_csv(os.environ["RIVAL_STATIONS"])
LON, LAT, ZOOM = (float(one) for one in os.environ["RIVAL_VIEW"].split(","))


def packed(rows: pd.DataFrame) -> bytes:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": {"name": name}}
        for name, lon, lat in zip(rows["name"], rows["longitude"], rows["latitude"], strict=True)
    ]
    return brotli.compress(geobuf.encode({"type": "FeatureCollection", "features": features}), quality=9)


ANSWERS = {"/all.pbf": packed(FRAME), "/always.pbf": packed(FRAME[FRAME["always"] == 1])}

app = Dash(__name__, compress=True)
server = app.server
app.layout = html.Div(
    [
        dl.Map(
            dl.GeoJSON(
                id="stations",
                url="/all.pbf",
                format="geobuf",
                cluster=True,
                zoomToBoundsOnClick=True,
                superClusterOptions={"radius": 60},
                onEachFeature={"variable": "rival.each"},
            ),
            center=[LAT, LON],
            zoom=round(ZOOM) + 1,  # its tiles are half as wide
            maxZoom=18,
            style={"height": "100vh"},
        ),
        html.Div(
            dcc.Checklist(["24 h"], [], id="always"),
            style={"position": "absolute", "top": 8, "left": 60, "background": "white", "zIndex": 1000},
        ),
    ],
)
# what stands on the map is kept by name, so that it can be counted
app.index_string = app.index_string.replace(
    "{%config%}",
    """<script>window.rival = { layers: [], each(feature, layer) {
      if (feature.properties.name) layer.bindTooltip(feature.properties.name);
      window.rival.layers = window.rival.layers.filter((one) => one._map);
      window.rival.layers.push(layer);
    } };</script>{%config%}""",
)
app.clientside_callback(
    "(always) => (always.length ? '/always.pbf' : '/all.pbf')", Output("stations", "url"), Input("always", "value")
)


@server.route("/<any('all.pbf', 'always.pbf'):name>")
def points(name: str) -> Response:
    return Response(ANSWERS["/" + name], headers={"Content-Encoding": "br", "Content-Type": "application/octet-stream"})
