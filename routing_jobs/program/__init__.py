"""The program itself as configuration: workspace, program.yaml, rulebook, feed contracts, canonical entities."""
