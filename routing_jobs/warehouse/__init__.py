"""The analytical store: how to open it, and the tables the rooms hand each other."""
