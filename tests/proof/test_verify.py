"""A finished folder stands, or it is said why not: by the manifest, by its inputs, by the proof."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neutralizer.domain.record import Record
from neutralizer.errors import InputsRefused, ProofFailed, Tampered
from neutralizer.records.approvals import Approval, put_approval, run_subject
from neutralizer.records.keys import signed
from neutralizer.records.manifest import differences, manifest
from neutralizer.records.writing import json_bytes
from neutralizer.verify import verify
from tests.conftest import SCENARIOS
from tests.tools.finished import finished
from tests.tools.firm import Firm


def folder(path: Path, changes: dict[str, bytes | None], corrected: bool = False) -> Path:
    """The folder of a run of two-desks with files changed, gone (None) or added; `corrected`: the
    manifest says so.
    """
    files = dict(finished("two-desks")[1]) | changes
    kept = {name: data for name, data in files.items() if data is not None}
    if corrected:
        told = json.loads(kept.pop("manifest.json"))
        told["outputs"] = manifest({}, kept, "", Record(""), {}, {})["outputs"]
        kept["manifest.json"] = json_bytes(told)
    for name, data in kept.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def table(name: str) -> bytes:
    """A table as it was written."""
    return finished("two-desks")[1][name]


def test_a_folder_as_written_stands(tmp_path: Path) -> None:
    """Nothing: what is said is the summary itself."""
    found = verify(folder(tmp_path, {}))
    assert found.written() == json.loads(table("summary.json"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"hedges.csv": None}, "hedges.csv is missing"),
        ({"note.txt": b"x"}, "note.txt was added"),
        ({"hedges.csv": b"x"}, "hedges.csv differs from the manifest"),
        ({"summary.json": None}, "summary.json is missing"),
        ({"inputs/scenario.yaml": b"x"}, "inputs/scenario.yaml differs from the manifest"),
        (
            {f"{k:02}": b"" for k in range(12)},
            "; ".join(f"{k:02} was added" for k in range(10)),
        ),
    ],
)
def test_a_folder_that_was_touched_is_told(
    tmp_path: Path, changes: dict[str, bytes | None], fault: str
) -> None:
    """A file lost, added or changed by hand; of many the first ten are named."""
    with pytest.raises(Tampered) as refusal:
        verify(folder(tmp_path, changes))
    assert str(refusal.value) == fault


@pytest.mark.parametrize("told", [None, b"", b"{}", b"[]", b'{"outputs": []}', b'{"outputs": {}}'])
def test_a_folder_without_a_manifest_is_refused(tmp_path: Path, told: bytes | None) -> None:
    """Another folder was named, or a run that never ended."""
    with pytest.raises(InputsRefused) as refusal:
        verify(folder(tmp_path, {"manifest.json": told}))
    (issue,) = refusal.value.issues
    assert (issue.file, issue.line) == (str(tmp_path), 0)
    assert issue.reason == "holds no readable manifest.json"


def test_a_manifest_of_other_hashes_is_not_read_past(tmp_path: Path) -> None:
    """A manifest without the hash of a file: nothing to hold the file against."""
    told = json.loads(table("manifest.json"))
    del told["outputs"]["hedges.csv"]["sha256"]
    with pytest.raises(InputsRefused):
        verify(folder(tmp_path, {"manifest.json": json_bytes(told)}))


def test_a_manifest_without_what_was_asked_is_refused(tmp_path: Path) -> None:
    """A setting was taken out of the manifest: the run cannot be asked for again."""
    told = json.loads(table("manifest.json"))
    del told["settings"]["relax"]
    with pytest.raises(InputsRefused):
        verify(folder(tmp_path, {"manifest.json": json_bytes(told)}))


def test_a_folder_that_was_changed_after_its_approval_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and manifest were made to fit; the approval is of other bytes, and signed by who may."""
    firm = Firm(tmp_path / "firm")
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    found = folder(tmp_path / "run", {})
    run_id = json.loads(table("manifest.json"))["run_id"]
    subject = run_subject(found, run_id, (found / "manifest.json").read_bytes())
    put_approval(subject, Approval("anna", run_id, subject.sha256, "", ""))
    verify(found)
    other = Approval("ben", run_id, "0" * 64, "", "")
    put_approval(subject, other)
    verify(found)
    signature, _ = signed(firm.keys["ben"].read_bytes(), "", other.signed_bytes)
    put_approval(subject, replace(other, signature=signature))
    with pytest.raises(Tampered, match="is not what ben approved: it was changed since"):
        verify(found)


def test_superseded_tickets_are_those_of_the_run(tmp_path: Path) -> None:
    """What operations sent back was put into the inputs afterwards, and the manifest made to fit."""
    with pytest.raises(ProofFailed, match="the superseded tickets in inputs/ are not those"):
        verify(folder(tmp_path, {"inputs/superseded/acks.csv": b"ticket_id\n"}, corrected=True))


def test_other_inputs_are_another_run(tmp_path: Path) -> None:
    """The folder was held against today's scenario, it is of yesterday's."""
    run_id = json.loads(table("summary.json"))["run_id"]
    with pytest.raises(ProofFailed, match=f"the inputs make the run .*, the folder is {run_id}$"):
        verify(folder(tmp_path, {}), SCENARIOS / "equity-desks")
    assert verify(tmp_path, SCENARIOS / "two-desks").run_id == run_id


def test_inputs_changed_with_the_manifest_are_another_run(tmp_path: Path) -> None:
    """A price was changed after the fact, and the manifest made to fit."""
    text = table("inputs/scenario.yaml").replace(b"price: 100,", b"price: 101,")
    with pytest.raises(ProofFailed, match="the inputs make the run"):
        verify(folder(tmp_path, {"inputs/scenario.yaml": text}, corrected=True))


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        ("positions_next.csv", b"FUT,-10", b"FUT,-9", ["positions_next.csv: MM FUT is not -10"]),
        ("positions_next.csv", b"quantity", b"amount", ["positions_next.csv has other columns than the contract's"]),
        ("positions_next.csv", b"FUT,-10", b"FUT", ["a row is not as wide as the header"]),
    ],
)  # fmt: skip
def test_what_the_manifest_does_not_tell_the_proof_does(
    tmp_path: Path, name: str, old: bytes, new: bytes, faults: list[str]
) -> None:
    """A file was changed and the manifest made to fit."""
    assert old in table(name)
    with pytest.raises(ProofFailed) as refusal:
        verify(folder(tmp_path, {name: table(name).replace(old, new)}, corrected=True))
    assert list(refusal.value.findings) == faults


def test_a_lost_table_is_no_proof(tmp_path: Path) -> None:
    """A table was removed, from the manifest too."""
    with pytest.raises(ProofFailed) as refusal:
        verify(folder(tmp_path, {"costs.csv": None}, corrected=True))
    assert list(refusal.value.findings) == ["costs.csv is missing"]


def test_the_caps_of_this_machine_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The firm lowered a cap after the run."""
    caps = tmp_path / "caps.yaml"
    monkeypatch.setenv("NEUTRALIZER_CAPS", str(caps))
    caps.write_text("currency: USD\ntickets: 2\n")
    found = folder(tmp_path / "run", {})
    verify(found)
    caps.write_text("currency: USD\ntickets: 1\n")
    with pytest.raises(ProofFailed) as refusal:
        verify(found)
    assert list(refusal.value.findings) == ["2 tickets, the firm allows 1"]


def described(data: bytes, **more: Any) -> dict[str, Any]:
    """What a manifest says of a file."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **more}


CSV = b"id,quantity,fee,price\na,1.50,,7\nb,-0.25,0.10,7\n"
TOTALS = {"quantity": "1.25", "fee": "0.10"}


@pytest.mark.parametrize(
    ("name", "data", "more"),
    [
        ("t.csv", CSV, {"rows": 2, "totals": TOTALS}),
        ("inputs/t.csv", CSV, {}),
        ("t.json", CSV, {}),
        ("t.csv", b"id,quantity\na\n", {}),
        ("t.csv", b"id,quantity\na,x\nb,1\n", {"rows": 2, "totals": {"quantity": "NaN"}}),
        ("t.csv", b"id,quantity\n", {"rows": 0, "totals": {"quantity": "0"}}),
    ],
)
def test_a_manifest_knows_rows_and_totals(name: str, data: bytes, more: dict[str, Any]) -> None:
    """A reader of the manifest counts other rows or another total than the file holds."""
    settings: dict[str, Any] = {"set": []}
    told = manifest({"s": b"x"}, {name: data}, "r", Record("me"), settings, {"solver": 0.12345})
    assert (told["prepared_by"], told["version"]) == ("me", 1)
    assert told["outputs"] == {name: described(data, **more)}
    assert told["inputs"] == {"s": described(b"x")}
    assert (told["run_id"], told["settings"], told["seconds"]) == ("r", settings, {"solver": 0.123})
    assert set(told["versions"]) >= {"neutralizer", "cvxpy", "numpy"}
    assert told["written_at"].endswith("+00:00")
    assert len(told["written_at"]) == len("2024-06-27T16:00:00+00:00")
    assert differences(told, {name: data, "manifest.json": b""}) == []


def test_a_manifest_s_own_totals_are_held_to_the_file() -> None:
    """The hash is right and the total beside it is not: a clerk who reads the total is misled."""
    told = {"outputs": {"t.csv": described(CSV, rows=2, totals=TOTALS | {"quantity": "9"})}}
    assert differences(told, {"t.csv": CSV}) == ["t.csv: rows or totals differ from the manifest"]
    both = {"outputs": {"a": described(b"1"), "b": described(b"2"), "d": described(b"4")}}
    found = differences(both, {"d": b"0", "c": b"3"})
    assert found == ["a is missing", "b is missing", "c was added", "d differs from the manifest"]
