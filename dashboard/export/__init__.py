"""One view as slide, paper, picture and link: what it says, where it stands on the page, and the formats.

- ``order``: what is asked for (view, template, format, texts); ``frames``: where everything stands, in inches
- ``brief``: what is said, from the same filters by the same layers and figures as the page
- ``sheet``: the page in HTML, of which PDF, PNG and SVG are made; ``slides``: PowerPoint, editable
- ``engine``: headless Chromium; ``studio``: an order in, a file out; ``jobs``: orders kept while they run
- ``scenario``: a siting scenario as workbook, GeoPackage or GeoJSON
"""
