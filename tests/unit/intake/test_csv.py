"""CSV files: good rows go through, every bad one is reported by line and column, never by value."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub.domain.children import Address, Carer, CarerState, Restriction, SafetyAnswerKind
from hub.domain.consent import Capacity, Category, Grantor
from hub.domain.events import ChildRecorded, ConsentGranted, SafetyAnswered
from hub.intake import CsvKind, CsvReport, IntakeError, read_csv
from hub.intake.csv_layouts import LAYOUTS
from tests.unit.intake.support import CHILD_KEY, DESK, PERSON_KEY

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SAFETY = "person_namespace,person_number,child_contact_id,answer,answered_at,role\n"
GOOD = "NOMS,Z0000ZZ,20900001,clear,2026-03-02T09:00:00+01:00,social-service\n"


def read(text: str | bytes, kind: CsvKind = CsvKind.SAFETY) -> CsvReport:
    """Return the report of a file."""
    content = text if isinstance(text, bytes) else text.encode()
    return read_csv(kind, io.BytesIO(content), DESK, now=AT)


def test_a_safety_answer_is_a_row() -> None:
    report = read(SAFETY + GOOD)

    (draft,) = report.drafts
    assert draft.payload == SafetyAnswered(
        child=CHILD_KEY, kind=SafetyAnswerKind.CLEAR, answered_at=AT, role="social-service"
    )
    assert (draft.person, draft.occurred_at) == (PERSON_KEY, AT)
    assert (report.problems, report.rows) == ((), 1)


def test_a_consent_is_a_row() -> None:
    report = read(
        "person_namespace;person_number;record_id;given_at;purposes;categories;grantors;children;"
        "secrecy_release\n"
        "NOMS;z0000zz;F-1;2026-03-02T09:00:00+01:00;family-support;imprisonment|child-identity;"
        "own-data|custodial-parent@2026-03-01T09:00:00+01:00;20900001;Yes\n",
        CsvKind.CONSENTS,
    )

    assert report.problems == ()
    payload = report.drafts[0].payload
    assert isinstance(payload, ConsentGranted)
    assert payload.record.children == (CHILD_KEY,)
    assert payload.record.categories == (Category.IMPRISONMENT, Category.CHILD_IDENTITY)
    assert payload.record.grantors == (
        Grantor(capacity=Capacity.OWN_DATA, given_at=AT),
        Grantor(capacity=Capacity.CUSTODIAL_PARENT, given_at=datetime(2026, 3, 1, 8, tzinfo=UTC)),
    )
    assert payload.record.secrecy_release


def test_a_child_is_a_row() -> None:
    report = read(
        "person_namespace,person_number,child_namespace,child_contact_id,stated_at,given_name,"
        "birth_date,area,address_lines,city,carer_state,carer_name\n"
        "NOMS,Z0000ZZ,NOMS,20900001,2026-03-02T09:00:00+01:00,Sonny,2019-05-04,05315000,"
        '"Nirgendweg 1|Hinterhaus",Köln,known,"Pretend, Paula"\n',
        CsvKind.CHILDREN,
    )

    assert report.problems == ()
    payload = report.drafts[0].payload
    assert isinstance(payload, ChildRecorded)
    child = payload.child
    assert (child.child, child.given_name, child.birth_date) == (
        CHILD_KEY,
        "Sonny",
        date(2019, 5, 4),
    )
    lines = ("Nirgendweg 1", "Hinterhaus")
    assert child.address == Address(area="05315000", lines=lines, city="Köln")
    assert child.carer == Carer(state=CarerState.KNOWN, name="Pretend, Paula")
    assert report.drafts[0].occurred_at == AT


@pytest.mark.parametrize(
    ("cell", "restrictions"),
    [
        ("", None),
        ("none", ()),
        ("contact-ban|non-contact", (Restriction.CONTACT_BAN, Restriction.NON_CONTACT)),
    ],
)
def test_an_empty_cell_says_nothing_of_restrictions(
    cell: str, restrictions: tuple[Restriction, ...] | None
) -> None:
    report = read(
        "person_namespace,person_number,child_contact_id,stated_at,restrictions\n"
        f"NOMS,Z0000ZZ,20900001,2026-03-02T09:00:00+01:00,{cell}\n",
        CsvKind.CHILDREN,
    )

    payload = report.drafts[0].payload
    assert isinstance(payload, ChildRecorded)
    assert payload.child.restrictions == restrictions


@pytest.mark.promise("P11")
def test_good_rows_go_through_and_bad_ones_are_named() -> None:
    report = read(
        SAFETY
        + GOOD
        + "NOMS,Z000,20900001,maybe,yesterday,\n"
        + "\n"
        + "NOMS,Z0000ZZ\n"
        + 'NOMS,Z0000ZZ,20900002,clear,2026-03-02T09:00:00+01:00,"social\nservice"\n'
        + "OTHER,Z0000ZZ,20900003,clear,2026-03-02T09:00:00+01:00,social-service\n"
        + 'NOMS,"Z0"0,20900001,clear,2026-03-02T09:00:00+01:00,x\n'
        + "NOMS,Z0000ZZ,20900004,clear,2026-03-02T09:00:00+01:00,social-service\n"
    )

    assert report.lines == (2, 6, 10)
    assert len(report.drafts) == 3
    assert [problem[:3] for problem in report.problems] == [
        (3, "person_namespace", "bad-person-number"),
        (3, "answer", "unknown-value"),
        (3, "answered_at", "bad-timestamp"),
        (3, "role", "missing-field"),
        (5, "", "bad-csv"),
        (8, "person_namespace", "namespace-not-allowed"),
        (9, "", "bad-csv"),
    ]
    assert all(problem.remedy for problem in report.problems)


@pytest.mark.promise("P2")
def test_loading_a_file_twice_is_one_loading() -> None:
    first, second = read(SAFETY + GOOD), read(SAFETY + GOOD + GOOD.replace("clear", "concern"))

    assert first.drafts[0].event_id == second.drafts[0].event_id
    assert second.drafts[0].event_id != second.drafts[1].event_id


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (SAFETY.replace("role", "rank"), ("(column 6)", "unknown-column")),
        (SAFETY.replace("role\n", "role,role\n"), ("role", "duplicate-column")),
        (SAFETY.replace(",role", ""), ("role", "missing-column")),
        ("", ("person_namespace", "missing-column")),
    ],
)
def test_a_header_that_can_not_be_used_is_named(header: str, fault: tuple[str, str]) -> None:
    report = read(header + GOOD if header else "")

    assert fault in {(problem.column, problem.code) for problem in report.problems}
    assert {problem.line for problem in report.problems} == {1}
    assert report.rows == 0


def test_what_spreadsheets_write_is_read() -> None:
    semicolons = (SAFETY + GOOD).replace(",", ";").replace("\n", "\r\n")

    assert len(read("\ufeff" + semicolons).drafts) == 1


@pytest.mark.promise("P11")
def test_another_encoding_is_named() -> None:
    report = read(SAFETY.encode() + GOOD.replace("social", "für").encode("latin-1"))

    assert [problem[1:3] for problem in report.problems[:1]] == [("role", "not-utf8")]


@pytest.mark.promise("P6")
def test_a_report_repeats_no_cell() -> None:
    canary = "Canary-4711"
    row = f"NOMS,{canary},{canary} \x00,{canary},{canary},{canary}\n"
    reports = [read(SAFETY + row), read(row + GOOD), read(SAFETY + f'"{canary}"x,\n')]

    assert all(report.problems for report in reports)
    assert canary not in repr([report.problems for report in reports])


def test_who_may_not_write_safety_answers_reads_no_file() -> None:
    feed = DESK._replace(may_write=frozenset({"movements"}))

    with pytest.raises(IntakeError) as caught:
        read_csv(CsvKind.SAFETY, io.BytesIO(b""), feed, now=AT)

    assert caught.value.reason == "type-not-allowed"


def test_a_row_in_the_name_of_another_role_is_refused() -> None:
    service = DESK._replace(roles=frozenset({"duty-service"}))

    report = read_csv(CsvKind.SAFETY, io.BytesIO((SAFETY + GOOD).encode()), service, now=AT)

    assert [problem[:3] for problem in report.problems] == [(2, "role", "role-not-allowed")]
    assert report.drafts == ()


@pytest.mark.parametrize("kind", CsvKind)
def test_a_layout_names_each_column_once_and_when_it_happened(kind: CsvKind) -> None:
    names = [column.name for column in LAYOUTS[kind].columns]

    assert len(names) == len(set(names))
    assert LAYOUTS[kind].occurred_at in {c.name for c in LAYOUTS[kind].columns if c.required}


@pytest.mark.parametrize("kind", CsvKind)
def test_the_page_lists_the_columns_of_each_file(kind: CsvKind) -> None:
    page = (Path(__file__).parents[3] / "docs" / "intake.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{kind}` |")]
    must, may = ([name.strip() for name in cell.split(",")] for cell in row.split("|")[2:4])

    columns = LAYOUTS[kind].columns
    assert must == [column.name for column in columns if column.required]
    assert may == [column.name for column in columns if not column.required]
