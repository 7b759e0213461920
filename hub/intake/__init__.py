"""The hub's own forms of events: CloudEvents, CSV files and what operators type, checked alike."""

from hub.intake.builders import (
    consent_given,
    consent_refused,
    consent_withdrawn,
    freeze_lifted,
    freeze_set,
    from_data,
    safety_answered,
)
from hub.intake.cloudevents import translate_cloudevent
from hub.intake.context import IntakeContext
from hub.intake.csv_files import CsvReport, RowProblem, read_csv
from hub.intake.csv_layouts import LAYOUTS, CsvKind
from hub.intake.forms_consent import ConsentForm
from hub.intake.problems import IntakeError, Problem

__all__ = [
    "LAYOUTS",
    "ConsentForm",
    "CsvKind",
    "CsvReport",
    "IntakeContext",
    "IntakeError",
    "Problem",
    "RowProblem",
    "consent_given",
    "consent_refused",
    "consent_withdrawn",
    "freeze_lifted",
    "freeze_set",
    "from_data",
    "read_csv",
    "safety_answered",
    "translate_cloudevent",
]
