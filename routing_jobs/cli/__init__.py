"""The `leadroute` command: one module per group of commands, imported when one of its commands runs."""
