"""What the atlas says of its sample, kept as JSON: taken before the house is rebuilt, compared after."""
