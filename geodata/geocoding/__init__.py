"""From an address to a point: by what the atlas knows, or by a web service that the union has a key for.

:mod:`base` says what every way has in common; a way is a :class:`base.Geocoder`. Nothing here writes to the atlas:
an answer is an offer, and takes effect only once somebody has looked at it (:mod:`geodata.placing`).
"""
