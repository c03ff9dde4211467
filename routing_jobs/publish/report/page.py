"""Lays the sections out as one HTML page that loads nothing: style and drawings are inside, scripts there are none.

A content security policy says so to the browser: no source of anything but the style sheet of this very page, by hash.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from routing_jobs.publish.report.clock import Clock
from routing_jobs.publish.report.content import Change, Section
from routing_jobs.publish.report.wording import day

PACKAGE = "routing_jobs.publish.report"


def render(clock: Clock, headlines: Sequence[Section], details: Sequence[Section]) -> str:
    """The page: headlines first, in the order given, then the details."""
    as_of = clock.local(clock.as_of)
    return render_page(
        "report.html",
        program=clock.program_name,
        currency=clock.currency,
        timezone=clock.timezone,
        as_of=f"{day(as_of)}, {as_of:%H:%M}",
        headlines=headlines,
        details=details,
    )


def render_page(template: str, *, package: str = PACKAGE, **values: Any) -> str:
    """A self-contained page from a template of `package`; templates of this room and their style are at its hand."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, "templates") for name in dict.fromkeys((package, PACKAGE))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["change"] = lambda value: isinstance(value, Change)
    style = Markup(environment.get_template("report.css").render())
    return environment.get_template(template).render(
        **values,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(str(style).encode()).digest()).decode(),
    )
