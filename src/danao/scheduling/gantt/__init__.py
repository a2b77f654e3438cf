"""Plans to look into: an interactive Gantt chart in one HTML file, one plan or several above each other.

`chart_of` turns a schedule into a `Chart`, and `gantt_page` charts into a page. `critical_path` and `holds` say what
holds every operation where it is.
"""

from danao.scheduling.gantt.chart import Band, Bar, Chart, Closed
from danao.scheduling.gantt.critical import CriticalPath, Hold, critical_path, holds
from danao.scheduling.gantt.of_plan import chart_of, plan_chart
from danao.scheduling.gantt.page import gantt_page

__all__ = [
    "Band",
    "Bar",
    "Chart",
    "Closed",
    "CriticalPath",
    "Hold",
    "chart_of",
    "critical_path",
    "gantt_page",
    "holds",
    "plan_chart",
]
