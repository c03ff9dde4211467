"""Charts as SVG text, drawn from plain numbers: columns, bars, dots with intervals, curves.

Colours are classes that the page's style sheet sets for light, dark and print; nothing here knows a mart.
"""
