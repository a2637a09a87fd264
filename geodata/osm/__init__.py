"""What is made of an OpenStreetMap extract (``.osm.pbf``): walking network, base map, demand, premises, addresses."""
