"""What is drawn and measured; knows no Dash and no HTTP. May import geodata only."""
