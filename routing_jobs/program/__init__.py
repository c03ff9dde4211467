"""The program as configuration: workspace, program.yaml, rulebook, feed contracts, canonical entities."""
