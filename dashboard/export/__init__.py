"""Files for people: what a page shows, as a workbook, a GeoPackage or GeoJSON."""
