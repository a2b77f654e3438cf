"""Learn the twin of a plant from its own records: event logs in, plant files with their evidence out."""

from danao.learning.fidelity import Fidelity, chosen, fidelity
from danao.learning.forecast import Completion, adjusted_levels, forecast
from danao.learning.learn import Learnt, Options, learn, resampled
from danao.learning.log import EventLog
from danao.learning.read import Reading, read_log

__all__ = [
    "Completion",
    "EventLog",
    "Fidelity",
    "Learnt",
    "Options",
    "Reading",
    "adjusted_levels",
    "chosen",
    "fidelity",
    "forecast",
    "learn",
    "read_log",
    "resampled",
]
