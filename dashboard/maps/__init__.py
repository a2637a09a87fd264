"""Maps: style, layers and the figures of the pages, drawn by MapLibre or as SVG."""
