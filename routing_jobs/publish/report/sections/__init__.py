"""What the report says, a module a subject: its numbers, its words, its definitions, in the order leadership asks.

Every section is there whatever the marts hold; with nothing to show it says what is missing and why.
"""

from collections.abc import Callable

from routing_jobs.publish.report.content import Section
from routing_jobs.publish.report.reading import Reader
from routing_jobs.publish.report.sections.attribution import attribution_section
from routing_jobs.publish.report.sections.conversion import conversion_section
from routing_jobs.publish.report.sections.cost import cost_section
from routing_jobs.publish.report.sections.data_quality import data_quality_section
from routing_jobs.publish.report.sections.follow_up import follow_up_in_time_section
from routing_jobs.publish.report.sections.funnel import funnel_section
from routing_jobs.publish.report.sections.partners import partners_section
from routing_jobs.publish.report.sections.response import response_section
from routing_jobs.publish.report.sections.scorecards import scorecards_section
from routing_jobs.publish.report.sections.sourcing import sourcing_section
from routing_jobs.publish.report.sections.speed import speed_section
from routing_jobs.publish.report.sections.value_lost import value_lost_section

HEADLINES: tuple[Callable[[Reader], Section], ...] = (
    sourcing_section,
    conversion_section,
    follow_up_in_time_section,
    speed_section,
    cost_section,
    value_lost_section,
    partners_section,
)
DETAILS: tuple[Callable[[Reader], Section], ...] = (
    funnel_section,
    response_section,
    attribution_section,
    scorecards_section,
    data_quality_section,
)
