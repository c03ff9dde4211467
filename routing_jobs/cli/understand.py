"""Commands that explain: why a lead went where, what was not placed, whether the rulebook makes sense."""

import click


@click.group()
def rulebook() -> None:
    """Check the rulebook."""
