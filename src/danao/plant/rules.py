"""Names of the dispatching rules: which waiting part a free machine takes."""

RULES_TOLD = {
    "fifo": "first come, first served",
    "lifo": "last come, first served",
    "spt": "shortest process time first",
    "edd": "earliest due date first",
    "critical ratio": "least time to the due date over work left first",
    "priority": "largest priority first",
    "least setup": "shortest change of setup first",
    "lpt": "longest process time first",
    "srpt": "least work left first",
    "slack": "least slack to the due date first",
    "mdd": "earliest modified due date first",
    "covert": "cost over time",
    "atc": "apparent tardiness cost",
    "atcs": "apparent tardiness cost with setups",
    "winq": "least work in the next queue first",
    "first in plant": "first released to the plant, first served",
    "wspt": "shortest process time over priority first",
    "odd": "earliest due date of the operation first",
    "mod": "earliest modified due date of the operation first",
    "pt+winq": "least process time and work in the next queue first",
    "pt+winq+sl": "least process time, work in the next queue and slack of late parts first",
    "fullest batch": "part first whose batch is filled best by those that wait",
    "begun first": "parts that a machine of the plant has worked on before those that none has",
}
"""What each rule means. First come among equals. Several names, `priority, least setup, fifo`, are applied one after
the other."""

DISPATCHING_RULES = tuple(RULES_TOLD)


def rule_names(text: str) -> list[str]:
    """The rules of a list such as `priority, least setup, fifo`, in their order, in small letters."""
    return [" ".join(name.lower().split()) for name in text.split(",")]
