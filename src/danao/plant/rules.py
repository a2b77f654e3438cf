"""Names of the dispatching rules: which waiting part a free machine takes."""

DISPATCHING_RULES = (
    "fifo",
    "lifo",
    "spt",
    "edd",
    "critical ratio",
    "priority",
    "least setup",
    "lpt",
    "srpt",
    "slack",
    "mdd",
    "covert",
    "atc",
    "atcs",
    "winq",
    "first in plant",
)
"""First come; last come; shortest mean process time; earliest due date; least time to the due date over work left;
largest priority; shortest change of setup; longest process time; least work left; least slack; modified due date; cost
over time; apparent tardiness cost, without and with setups; least work in the next queue; first released to the plant.
First come among equals. Several names, `priority, least setup, fifo`, are applied one after the other."""


def rule_names(text: str) -> list[str]:
    """The rules of a list such as `priority, least setup, fifo`, in their order, in small letters."""
    return [" ".join(name.lower().split()) for name in text.split(",")]
