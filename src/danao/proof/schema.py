"""The JSON Schema of a proof, version 1.0. Additions keep the version's first number; anything else raises it."""

from __future__ import annotations

from typing import Any

from danao.proof.proof import SCHEMA_VERSION

_NUMBER = {"type": "number"}
_MAYBE = {"type": ["number", "null"]}
_TEXT = {"type": "string"}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


_ESTIMATE = _object(
    {
        "mean": _NUMBER,
        "lower": _MAYBE,
        "upper": _MAYBE,
        "confidence": {"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
        "method": _TEXT,
    },
    inputs=_object(
        {
            "draws": {"type": "integer", "minimum": 1},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "known": _MAYBE,
            "left": _MAYBE,
        }
    ),
)
_RANGE = _object({"value": _MAYBE, "lower": _MAYBE, "upper": _MAYBE}, note=_TEXT)
_POLICY = _object({"name": _TEXT, "description": _TEXT})

PROOF_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://danao.dev/schema/proof-1.0.json",
    "title": "Danao proof",
    "description": "Money is in `currency` per trial period of `period_days`, income positive, cost negative. "
    "A difference is candidate minus baseline. A limit is null where it is not finite.",
    **_object(
        {
            "schema_version": {"const": SCHEMA_VERSION},
            "case": _TEXT,
            "title": _TEXT,
            "verdict": {"enum": ["proven", "not proven", "harmful"]},
            "reason": _TEXT,
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "period_days": {"type": "number", "exclusiveMinimum": 0},
            "trials": {"type": "integer", "minimum": 1},
            "failed_trials": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
            "not_enough_trials": {
                "anyOf": [{"type": "null"}, _object({"reason": _TEXT, "needed": {"type": ["integer", "null"]}})]
            },
            "notes": {"type": "array", "items": _TEXT},
            "policies": _object({"baseline": _POLICY, "candidate": _POLICY}),
            "effect": _ESTIMATE,
            "simultaneous_effect": _ESTIMATE,
            "items": {
                "type": "object",
                "additionalProperties": _object({"baseline": _NUMBER, "candidate": _NUMBER, "difference": _NUMBER}),
            },
            "kpis": {
                "type": "object",
                "additionalProperties": _object(
                    {
                        "unit": _TEXT,
                        "baseline": _MAYBE,
                        "candidate": _MAYBE,
                        "difference": _object({"mean": _MAYBE, "lower": _MAYBE, "upper": _MAYBE}),
                    }
                ),
            },
            "guardrails": {
                "type": "array",
                "items": _object(
                    {
                        "name": _TEXT,
                        "kpi": _TEXT,
                        "unit": _TEXT,
                        "scope": {"enum": ["mean", "every trial"]},
                        "held": {"type": "boolean"},
                        "margin": _NUMBER,
                        "bound": _MAYBE,
                        "note": _TEXT,
                    },
                    needed={"type": ["integer", "null"]},
                ),
            },
            "rivals": {
                "type": "array",
                "items": _object(
                    {
                        "name": _TEXT,
                        "description": _TEXT,
                        "effect": _ESTIMATE,
                        "candidate_over_rival": _ESTIMATE,
                        "guardrails_held": {"type": "boolean"},
                    }
                ),
            },
            "appraisal": {
                "anyOf": [
                    {"type": "null"},
                    _object(
                        {
                            "annual_effect": _RANGE,
                            "npv": _RANGE,
                            "irr": _RANGE,
                            "mirr": _RANGE,
                            "roi": _RANGE,
                            "payback_years": _RANGE,
                            "flows": {"type": "array", "items": _NUMBER},
                            "probability_of_gain": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                            "confidence": _NUMBER,
                        }
                    ),
                ]
            },
            "variance_reduction": _MAYBE,
            "variance_reduction_parts": _object({"common_random_numbers": _MAYBE, "control_variates": _MAYBE}),
            "provenance": _object(
                {
                    "seeds": _object(
                        {
                            "root": {"type": ["integer", "null"]},
                            "count": {"type": "integer"},
                            "list": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]},
                        }
                    ),
                    "options": {"type": "object"},
                    "parameters": {"type": "object"},
                    "data": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
                    "versions": {"type": "object", "additionalProperties": _TEXT},
                    "fingerprints": {"type": "object", "additionalProperties": _TEXT},
                    "ledger_id": {"type": ["string", "null"]},
                }
            ),
        },
        objections={"type": "array", "items": _TEXT},
    ),
}
