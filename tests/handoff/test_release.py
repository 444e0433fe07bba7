"""From a proven run to operations: enough people, none the preparer, nothing changed, whole or not at all."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from neutralizer.errors import NotApproved
from neutralizer.handoff.approval import approve, approvers
from neutralizer.records.approvals import Approval, Subject, put_approval, run_subject
from neutralizer.records.journal import begin
from neutralizer.records.keys import signed
from tests.conftest import SCENARIOS
from tests.tools.command_line import tampered, tree
from tests.tools.firm import ORDER, SILENT, Firm, approved_firm, ordered, tonight

TWO_DESKS = SCENARIOS / "two-desks"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm whose run anna and cleo have approved."""
    return approved_firm().copied(tmp_path / "firm")


def run_of(firm: Firm) -> Path:
    return firm.root / "runs" / "run"


def test_what_two_approved_is_handed_over_whole(firm: Firm) -> None:
    done = firm.release(run_of(firm))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((run_of(firm) / "manifest.json").read_text())
    stem = f"20240627_{manifest['run_id']}_v1"
    kinds = (
        *("cash_transfers_phase1", "cash_transfers_phase2", "hedge_allocations", "hedges"),
        *("internal_transfers_phase1", "internal_transfers_phase2"),
    )
    files = [
        f"neutralizer_{k}_{stem}{end}" for k in kinds for end in (".csv", ".ctl.json", ".sha256")
    ]
    assert firm.names() == sorted(
        [*files, f"neutralizer_manifest_{stem}.json", f"neutralizer_{stem}.done"]
    )
    for kind in kinds:
        data = (firm.handoff / f"neutralizer_{kind}_{stem}.csv").read_bytes()
        whole = (run_of(firm) / f"{kind.partition('_phase')[0]}.csv").read_bytes()
        assert data == (whole if not kind.endswith("2") else whole.splitlines(True)[0])
        sha256 = hashlib.sha256(data).hexdigest()
        control = json.loads((firm.handoff / f"neutralizer_{kind}_{stem}.ctl.json").read_text())
        assert (control["sha256"], control["rows"]) == (sha256, data.count(b"\n") - 1)
        line = (firm.handoff / f"neutralizer_{kind}_{stem}.sha256").read_text()
        assert line == f"{sha256}  neutralizer_{kind}_{stem}.csv\n"
    told = json.loads((firm.handoff / f"neutralizer_manifest_{stem}.json").read_text())
    assert [a["name"] for a in told["approved_by"]] == ["anna", "cleo"]
    assert (told["prepared_by"], told["released_by"], told["version"]) == ("night", "night", 1)


def test_again_touches_nothing(firm: Firm) -> None:
    assert firm.release(run_of(firm)).returncode == 0
    before = tree(firm.handoff)
    again = firm.release(run_of(firm))
    assert (again.returncode, again.stdout) == (0, "")
    assert "already released" in again.stderr
    assert tree(firm.handoff) == before


def edit(folder: Path, name: str, old: str, new: str) -> None:
    data = (folder / name).read_text()
    assert old in data
    (folder / name).write_text(data.replace(old, new, 1))


def no_approval(firm: Firm) -> None:
    """Nobody signed."""
    shutil.rmtree(firm.root / "runs" / "run.approvals")


def one_approval(firm: Firm) -> None:
    """One signed."""
    (firm.root / "runs" / "run.approvals" / "anna.json").unlink()


def same_person_twice(firm: Firm) -> None:
    """A copy of one's approval under another name."""
    folder = firm.root / "runs" / "run.approvals"
    shutil.copy(folder / "anna.json", folder / "cleo.json")


def another_s_name(firm: Firm) -> None:
    """One signs in another's name."""
    folder = firm.root / "runs" / "run.approvals"
    known = json.loads((folder / "anna.json").read_text())
    (folder / "cleo.json").write_text(json.dumps(known | {"name": "cleo"}))


def prolonged(firm: Firm) -> None:
    """An approval's time is written over."""
    edit(firm.root / "runs" / "run.approvals", "anna.json", '"expires": "20', '"expires": "21')


def unreadable(firm: Firm) -> None:
    """An approval is no JSON."""
    (firm.root / "runs" / "run.approvals" / "anna.json").write_text("{")


def other_key(firm: Firm) -> None:
    """roles.yaml has another key of anna's by now: hers was lost."""
    from neutralizer.records.keys import new_key

    text = (firm.root / "roles.yaml").read_text()
    old = text.split("anna: {may: [approve, release], public_key: ")[1].split("}")[0]
    (firm.root / "roles.yaml").write_text(text.replace(old, new_key()[1]))


def no_longer_approver(firm: Firm) -> None:
    """anna has left the desk."""
    edit(firm.root, "roles.yaml", "anna: {may: [approve, release]", "anna: {may: [release]")


def more_are_needed(firm: Firm) -> None:
    """The firm asks for three."""
    edit(firm.root, "roles.yaml", "approvers: 2", "approvers: 3")


def replayed(firm: Firm) -> None:
    """The approvals of another run, copied beside this one."""
    other = firm.run(TWO_DESKS, *SILENT, out="other")
    for name in ("anna", "cleo"):
        assert firm.approves(name, other).returncode == 0
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    shutil.copytree(firm.root / "runs" / "other.approvals", firm.root / "runs" / "run.approvals")


def no_roles(firm: Firm) -> None:
    """There is no roles.yaml: nothing is released without one."""
    (firm.root / "roles.yaml").unlink()


NOT_APPROVED = {
    no_approval: "has 0 of 2 approvals that count",
    one_approval: "has 1 of 2 approvals that count",
    same_person_twice: "has 1 of 2 approvals that count",
    another_s_name: "that of cleo is not signed with their key",
    prolonged: "that of anna is not signed with their key",
    unreadable: "has 1 of 2 approvals that count",
    other_key: "that of anna is not signed with their key",
    no_longer_approver: "that of anna is by somebody who may not approve",
    more_are_needed: "has 2 of 3 approvals that count",
    replayed: "that of anna is for",
}


@pytest.mark.parametrize("change", NOT_APPROVED, ids=lambda f: f.__name__)
def test_what_is_not_approved_is_12(firm: Firm, change: Callable[[Firm], None]) -> None:
    change(firm)
    done = firm.release(run_of(firm))
    assert (done.returncode, done.stdout) == (12, "")
    assert NOT_APPROVED[change] in done.stderr
    assert firm.names() == []


def test_without_roles_nothing_leaves(firm: Firm) -> None:
    """The roles that NEUTRALIZER_ROLES names are not there."""
    no_roles(firm)
    assert firm.release(run_of(firm)).returncode == 3
    gone = firm.does("night", "release", run_of(firm), "--to", firm.handoff, NEUTRALIZER_ROLES="")
    assert gone.returncode == 12
    assert "there is no roles.yaml" in gone.stderr
    assert firm.names() == []


def edited(firm: Firm) -> None:
    """A quantity is another."""
    edit(run_of(firm), "hedges.csv", ",10,", ",11,")


def added(firm: Firm) -> None:
    """A file more."""
    (run_of(firm) / "hedges2.csv").write_text("x\n")


def dropped(firm: Firm) -> None:
    """A file less."""
    (run_of(firm) / "cash_transfers.csv").unlink()


def swapped(firm: Firm) -> None:
    """Two files have changed places."""
    one, other = run_of(firm) / "positions_next.csv", run_of(firm) / "costs.csv"
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b)
    other.write_bytes(a)


def inputs_edited(firm: Firm) -> None:
    """The inputs that the folder proves itself with."""
    edit(run_of(firm) / "inputs", "scenario.yaml", "price: 100,", "price: 101,")


def consistently_edited(firm: Firm) -> None:
    """A label in a ticket, and the manifest with it: the proof would not notice."""
    whole = firm.root / "runs" / "changed"
    tampered(run_of(firm), whole, "cash_transfers.csv", "purpose", "purpose")
    edit(whole, "manifest.json", '"prepared_by": "night"', '"prepared_by": "anna"')
    shutil.rmtree(run_of(firm))
    whole.rename(run_of(firm))


def ticket_and_manifest(firm: Firm) -> None:
    """A quantity and the manifest with it."""
    whole = firm.root / "runs" / "changed"
    tampered(run_of(firm), whole, "hedges.csv", ",10,", ",11,")
    shutil.rmtree(run_of(firm))
    whole.rename(run_of(firm))


@pytest.mark.parametrize(
    "change",
    [edited, added, dropped, swapped, inputs_edited, consistently_edited, ticket_and_manifest],
    ids=lambda f: f.__name__,
)
def test_what_was_changed_after_approval_is_11(firm: Firm, change: Callable[[Firm], None]) -> None:
    change(firm)
    for done in (firm.release(run_of(firm)), firm.does("anna", "verify", run_of(firm))):
        assert (done.returncode, done.stdout) == (11, ""), done.stderr
    assert firm.names() == []


def signed_past_the_command(
    firm: Firm, subject: Subject, until: str, names: tuple[str, ...] = ("anna", "ben")
) -> None:
    """Their own keys, and none of what `approve` looks at before."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for name in names:
        unsigned = Approval(name, subject.what, subject.sha256, now, until)
        signature, _ = signed(firm.keys[name].read_bytes(), "", unsigned.signed_bytes)
        put_approval(subject, replace(unsigned, signature=signature))


def test_what_two_sign_unseen_is_still_proven(firm: Firm) -> None:
    """A quantity, the manifest with it, and two signatures of that."""
    ticket_and_manifest(firm)
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    data = (run_of(firm) / "manifest.json").read_bytes()
    subject = run_subject(run_of(firm), json.loads(data)["run_id"], data)
    soon = datetime.now(UTC) + timedelta(hours=1)
    signed_past_the_command(firm, subject, soon.isoformat())
    assert firm.release(run_of(firm)).returncode == 6
    assert firm.names() == []


def test_what_was_changed_where_operations_read_is_11(firm: Firm) -> None:
    """A quantity in the hand-off folder, and everything beside it made to fit."""
    assert firm.release(run_of(firm)).stdout.startswith("released ")
    (hedges,) = firm.handoff.glob("neutralizer_hedges_*.csv")
    (told,) = firm.handoff.glob("neutralizer_manifest_*.json")
    (done,) = firm.handoff.glob("*.done")
    edit(firm.handoff, hedges.name, ",10,", ",90,")
    manifest = json.loads(told.read_text())
    manifest["kinds"]["hedges"]["sha256"] = hashlib.sha256(hedges.read_bytes()).hexdigest()
    told.write_text(json.dumps(manifest))
    done.write_text(hashlib.sha256(told.read_bytes()).hexdigest())
    again = firm.release(run_of(firm))
    assert (again.returncode, again.stdout) == (11, "")
    assert "hedges of this run left with other bytes before" in again.stderr


def test_the_preparer_does_not_approve(firm: Firm) -> None:
    """cleo may approve, but not what she prepared."""
    own = firm.run(TWO_DESKS, name="cleo", out="own")
    said = firm.approves("cleo", own)
    assert said.returncode == 12
    assert "cleo prepared this run: another has to approve it" in said.stderr
    assert firm.approves("anna", own).returncode == 0
    forged = firm.root / "runs" / "own.approvals"
    shutil.copy(firm.root / "runs" / "run.approvals" / "cleo.json", forged / "cleo.json")
    assert firm.release(own).returncode == 11, "cleo signed night's run, of the same id"


def test_an_approval_counts_until_it_expires_and_never_the_preparer_s(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed with the right keys, past the command: the preparer's is refused, and each from its expiry on."""
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    made = datetime.fromisoformat("2024-06-27T18:00:00-04:00")
    end = made + timedelta(hours=1)
    folder = firm.run(TWO_DESKS, name="cleo", out="own")
    data = (folder / "manifest.json").read_bytes()
    subject = run_subject(folder, json.loads(data)["run_id"], data)
    for name in ("anna", "ben", "cleo"):
        approve(subject, name, firm.keys[name].read_bytes(), "", made, end)
    almost = end - timedelta(seconds=1)
    assert [a.name for a in approvers(subject, "", almost)] == ["anna", "ben", "cleo"]
    assert [a.name for a in approvers(subject, "cleo", almost)] == ["anna", "ben"]
    (folder.parent / "own.approvals" / "anna.json").unlink()
    with pytest.raises(NotApproved, match=r"1 of 2 .*; that of ben is by who prepared it"):
        approvers(subject, "ben", almost)
    with pytest.raises(NotApproved, match="that of ben expired at 2024-06-27T19:00:00-04:00"):
        approvers(subject, "", end)


@pytest.mark.parametrize(
    ("name", "key", "reason"),
    [
        ("guest", "guest", "guest may not approve: ask anna or ben or cleo"),
        ("nobody", "guest", "nobody may not approve"),
        ("ben", "guest", "the key is not the one that roles.yaml has of ben"),
        ("ben", "none", "there is no key"),
    ],
)
def test_who_may_not_approve(firm: Firm, name: str, key: str, reason: str) -> None:
    path = firm.keys.get(key, firm.root / "none.pem")
    done = firm.does(name, "approve", run_of(firm), "--key", path, "--yes")
    assert done.returncode == 12
    assert reason in done.stderr
    assert not (firm.root / "runs" / "run.approvals" / f"{name}.json").exists()


def test_who_may_not_prepare_or_release(firm: Firm) -> None:
    done = firm.does("guest", "run", TWO_DESKS, "--out", firm.root / "runs" / "no", "-q")
    assert done.returncode == 12
    assert "guest may not prepare: ask cleo or night" in done.stderr
    assert not (firm.root / "runs" / "no").exists()
    assert firm.release(run_of(firm), name="ben").returncode == 12


def test_an_approval_runs_out(firm: Firm) -> None:
    """It holds for approval_valid from its signature."""
    text = (firm.root / "roles.yaml").read_text()
    (firm.root / "roles.yaml").write_text(text.replace("approval_valid: 12h", "approval_valid: 0s"))
    assert firm.approves("anna", run_of(firm)).returncode == 0
    done = firm.release(run_of(firm))
    assert done.returncode == 12
    assert "that of anna expired at" in done.stderr


def test_without_an_answer_nothing_is_signed(firm: Firm) -> None:
    """No terminal and no --yes: the question is not answered."""
    done = firm.does("ben", "approve", run_of(firm), "--key", firm.keys["ben"])
    assert done.returncode == 130
    assert "largest hedges" in done.stdout
    assert not (firm.root / "runs" / "run.approvals" / "ben.json").exists()


def test_another_run_of_a_released_date_does_not_leave(firm: Firm) -> None:
    """The inputs changed after the release: only a run that supersedes it may leave."""
    assert firm.release(run_of(firm)).returncode == 0
    before = tree(firm.handoff)
    other = firm.run(TWO_DESKS, *SILENT, out="other")
    for name in ("anna", "cleo"):
        firm.approves(name, other)
    done = firm.release(other)
    assert done.returncode == 7
    assert "2024-06-27 of two-desks was released as" in done.stderr
    assert tree(firm.handoff) == before


def test_a_released_file_that_changed_is_11(firm: Firm) -> None:
    assert firm.release(run_of(firm)).returncode == 0
    hedges = next(firm.handoff.glob("neutralizer_hedges_*.csv"))
    hedges.write_text(hedges.read_text().replace(",10,", ",100,"))
    assert firm.release(run_of(firm)).returncode == 11


@pytest.fixture
def night(firm: Firm) -> tuple[Firm, Path, Path]:
    """A run without findings, and a standing order signed by two."""
    return firm, firm.run(tonight(firm.root / "tonight"), *SILENT, out="quiet"), ordered(firm)


def test_a_standing_order_lets_transfers_leave_at_night(night: tuple[Firm, Path, Path]) -> None:
    """Then two approve in the morning, and the rest follows."""
    firm, run, order = night
    done = firm.release(run, "--auto", order)
    assert done.returncode == 0, done.stderr
    kinds = {name.rsplit("_", 3)[0] for name in firm.names() if name.endswith(".csv")}
    tonight = ("internal_transfers_phase1", "cash_transfers_phase1")
    assert kinds == {f"neutralizer_{unit}" for unit in tonight}
    assert len([n for n in firm.names() if n.endswith("_v1_auto.done")]) == 1
    (told,) = firm.handoff.glob("neutralizer_manifest_*_auto.json")
    assert json.loads(told.read_text())["standing_order"] == "nights"
    assert "already released" in firm.release(run, "--auto", order).stderr
    for name in ("anna", "cleo"):
        assert firm.approves(name, run).returncode == 0
    assert firm.release(run).returncode == 0
    assert len([n for n in firm.names() if n.endswith(".csv")]) == 6
    assert len([n for n in firm.names() if n.endswith(".done")]) == 2
    assert "already released" in firm.release(run).stderr


BEYOND = {
    "expired": ("expires: 2199", "expires: 2019", "that of anna expired at 2019"),
    "line": ("largest_line: 6000000", "largest_line: 5999999", "is of 6,000,000.00, the order"),
    "total": ("total: 6000000", "total: 1", "6,000,000.00 together"),
    "tickets": ("tickets: 1", "tickets: 0", "1 tickets, the order allows 0"),
    "currency": ("currency: USD", "currency: EUR", "is in EUR, the run in USD"),
    "scenario": ("[two-desks]", "[other]", "is not for two-desks"),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_beyond_the_standing_order_waits(night: tuple[Firm, Path, Path], name: str) -> None:
    firm, run, order = night
    old, new, reason = BEYOND[name]
    ordered(firm, ORDER.replace(old, new))
    done = firm.release(run, "--auto", order)
    assert done.returncode == 12
    assert reason in done.stderr
    assert firm.names() == []


def rewritten(run: Path, **changes: object) -> None:
    """Another manifest, as anybody may write one who may write there."""
    told = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(told | changes))


def test_what_was_recorded_is_not_believed_at_night(night: tuple[Firm, Path, Path]) -> None:
    """A notice is taken out of the manifest: it follows from nothing, but the journal knows the manifest
    as it was written. Without a journal, and with another one, nothing leaves either.
    """
    firm, run, order = night
    whole = (run / "manifest.json").read_bytes()
    rewritten(run, notices=[])
    told = firm.release(run, "--auto", order)
    assert (told.returncode, told.stdout) == (12, "")
    assert "the journal does not know run" in told.stderr
    (run / "manifest.json").write_bytes(whole)
    other = firm.root / "another-journal"
    other.mkdir()
    begin(other)
    assert firm.release(run, "--auto", order, "--journal", other).returncode == 12
    assert firm.names() == []
    assert firm.release(run, "--auto", order).returncode == 0


def test_what_another_version_made_is_not_released(firm: Firm) -> None:
    """It can be proven, but not written again: it is run again."""
    run = run_of(firm)
    versions = json.loads((run / "manifest.json").read_text())["versions"]
    shutil.rmtree(firm.root / "runs" / "run.approvals")
    rewritten(run, versions=versions | {"matplotlib": "0.1"})
    assert firm.does("anna", "verify", run).returncode == 0
    for name in ("anna", "ben"):
        assert firm.approves(name, run).returncode == 0
    done = firm.release(run)
    assert (done.returncode, done.stdout) == (10, "")
    assert "made by matplotlib 0.1: run it again with this version" in done.stderr


def test_what_somebody_let_pass_waits_for_a_person(night: tuple[Firm, Path, Path]) -> None:
    """The waiver is shown to approvers, and no standing order lets it leave."""
    firm, _, order = night
    ben = ("--waived-by", "ben", "--waiver-reason", "split", "--until", "2199-01-01T00:00:00Z")
    run = firm.run(TWO_DESKS, *SILENT, "--accept-jump", "ETF", *ben, out="waived")
    done = firm.release(run, "--auto", order)
    assert done.returncode == 12
    said = "ben let ETF pass until 2199-01-01T00:00+00:00: split"
    assert f"a person must read: {said}" in done.stderr
    assert said in firm.approves("anna", run).stdout
    assert firm.names() == []


def test_what_is_no_key_is_told_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """No PEM, a key of another kind, and no package to sign with."""
    with pytest.raises(NotApproved, match=r"the key cannot be read .* name a private key in PEM"):
        signed(b"not a key", "", b"data")
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(NotApproved, match="the key is not an ed25519 key"):
        signed(other, "", b"data")
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(NotApproved, match="signatures need the package cryptography"):
        signed(other, "", b"data")


def test_who_may_not_waive_is_told_by_check_too(firm: Firm) -> None:
    anna = ("--waived-by", "anna", "--waiver-reason", "x", "--until", "2199-01-01T00:00:00Z")
    done = firm.does("anna", "check", TWO_DESKS, "--accept-jump", "ETF", *anna)
    assert (done.returncode, "anna may not waive: ask ben" in done.stderr) == (12, True)


@pytest.mark.parametrize("part", ["kinds: []", "scenarios: []"])
def test_an_order_for_nothing_is_refused(night: tuple[Firm, Path, Path], part: str) -> None:
    firm, run, order = night
    key = part.partition(":")[0]
    text = "\n".join(part if x.startswith(key) else x for x in ORDER.splitlines())
    order.write_text(text)
    assert firm.release(run, "--auto", order).returncode == 3


@pytest.mark.parametrize("text", ['{"name": []}', "[]", "", '{"name": "anna", "signature": 5}'])
def test_a_file_that_is_no_approval_counts_for_none(firm: Firm, text: str) -> None:
    (firm.root / "runs" / "run.approvals" / "x.json").write_text(text)
    assert firm.release(run_of(firm)).returncode == 0


@pytest.mark.parametrize("end", ["soon", "2199-01-01T00:00:00"])
def test_an_approval_that_never_says_when_it_ends_does_not_count(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Signed with her own key, past the command."""
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    folder = run_of(firm)
    data = (folder / "manifest.json").read_bytes()
    subject = run_subject(folder, json.loads(data)["run_id"], data)
    signed_past_the_command(firm, subject, end, ("anna",))
    done = firm.release(folder)
    assert (done.returncode, "that of anna has no times with an offset" in done.stderr) == (
        12,
        True,
    )


def test_a_folder_may_be_named_by_where_one_stands(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run_of(firm))
    assert firm.does("anna", "verify", ".").returncode == 0
    assert firm.release(Path(".")).returncode == 0


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"run_id": "a", "kinds": []}'])
def test_a_handed_manifest_that_is_none_is_11(firm: Firm, text: str) -> None:
    """With a `.done` that fits it."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    (firm.handoff / "neutralizer_manifest_20240627_a_v1.json").write_text(text)
    (firm.handoff / "neutralizer_20240627_a_v1.done").write_text(f"{sha256}\n")
    assert firm.does("anna", "status", firm.handoff).returncode == 11


def test_two_people_have_two_keys_and_two_names(firm: Firm) -> None:
    """The same key in other letters: base64 has bits to spare. And one person spelt twice."""
    roles = firm.root / "roles.yaml"
    text = roles.read_text()
    keys = dict(re.findall(r"  (\w+): .*public_key: (\S+)}", text))
    own = keys["anna"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = own[:-2] + letters[letters.index(own[-2]) ^ 1] + "="
    roles.write_text(text.replace(keys["ben"], twin))
    assert "two people have one public_key" in firm.release(run_of(firm)).stderr
    roles.write_text(text.replace("  ben:", "  Anna:"))
    assert "two names differ in case only" in firm.release(run_of(firm)).stderr


def test_an_order_ends_however_long_it_is_signed_for(
    night: tuple[Firm, Path, Path],
) -> None:
    firm, run, order = night
    order.write_text(ORDER.replace("expires: 2199", "expires: 2019"))
    sha256 = hashlib.sha256(order.read_bytes()).hexdigest()
    signed_past_the_command(firm, Subject(order, order.name, sha256), "2199-01-01T00:00:00+00:00")
    done = firm.release(run, "--auto", order)
    assert (done.returncode, "longer than the firm lets it" in done.stderr) == (12, True)


def test_a_changed_standing_order_is_11(night: tuple[Firm, Path, Path]) -> None:
    firm, run, order = night
    order.write_text(ORDER.replace("tickets: 1", "tickets: 100"))
    assert firm.release(run, "--auto", order).returncode == 11
    assert firm.names() == []


def test_hedges_never_leave_at_night(night: tuple[Firm, Path, Path]) -> None:
    firm, run, order = night
    order.write_text(ORDER.replace("[internal_transfers,", "[hedges,"))
    assert firm.release(run, "--auto", order).returncode == 3
    assert firm.names() == []


def test_a_finding_keeps_a_run_until_the_morning(night: tuple[Firm, Path, Path]) -> None:
    """The plain run says that impact is not computed: somebody has to read it."""
    firm, _, order = night
    done = firm.release(run_of(firm), "--auto", order)
    assert done.returncode == 12
    assert "a person must read: no market impact" in done.stderr


ROLES = {
    "a placeholder": ("public_key: ", "public_key: x", "not a public key: paste the one that"),
    "two of one key": ("guest: {may: []", "guest: {may: [], public_key: KEY}\n  twin: {may: []", "two people have one public_key"),
    "an approver without": ("anna: {may: [approve, release], public_key: KEY}", "anna: {may: [approve, release]}", "no public_key of anna, who may approve"),
    "an act": ("[approve, release]", "[aprove, release]", "roles.yaml:4 people.anna.may.0"),
    "none needed": ("approvers: 2", "approvers: 0", "roles.yaml:1 approvers"),
    "a duration": ("12h", "12", "roles.yaml:2 approval_valid"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROLES)
def test_roles_that_cannot_be_read_let_nobody_act(firm: Firm, name: str) -> None:
    old, new, reason = ROLES[name]
    text = (firm.root / "roles.yaml").read_text()
    key = text.split("anna: {may: [approve, release], public_key: ")[1].split("}")[0]
    assert old.replace("KEY", key) in text
    changed = text.replace(old.replace("KEY", key), new.replace("KEY", key), 1)
    (firm.root / "roles.yaml").write_text(changed)
    done = firm.release(run_of(firm))
    assert done.returncode == 3
    assert reason in done.stderr
    assert firm.names() == []


def copied_journal(firm: Firm) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in firm.journal.iterdir()}


def put_back(firm: Firm, files: dict[str, bytes]) -> None:
    for path in firm.journal.iterdir():
        path.unlink()
    for name, data in files.items():
        (firm.journal / name).write_bytes(data)


def test_a_journal_that_was_rolled_back_is_11(firm: Firm) -> None:
    """As it was before the run: the chain holds, and nothing of it is missing but what came after."""
    before = copied_journal(firm)
    run = firm.run(TWO_DESKS, *SILENT, out="quiet")
    for name in ("anna", "ben"):
        assert firm.approves(name, run).returncode == 0
    after = copied_journal(firm)
    put_back(firm, before)
    done = firm.release(run)
    assert (done.returncode, "the line that told of run" in done.stderr) == (11, True), done
    put_back(firm, after)
    assert firm.release(run).returncode == 0


def test_a_journal_that_was_written_anew_is_11(firm: Firm) -> None:
    """The line of the run changed, and every hash after it made to follow."""
    lines = [json.loads(x) for x in (firm.journal / "journal.jsonl").read_text().splitlines()]
    previous, text = lines[0]["previous"], []
    for line in lines:
        text.append(json.dumps(line | {"by": "somebody else", "previous": previous}))
        previous = hashlib.sha256(text[-1].encode()).hexdigest()
    (firm.journal / "journal.jsonl").write_text("\n".join(text) + "\n")
    (firm.journal / "journal.head").write_text(f"{len(text)} {previous}\n")
    assert firm.does("anna", "journal", firm.journal).returncode == 0
    done = firm.release(run_of(firm))
    assert (done.returncode, "written anew" in done.stderr) == (11, True), done


def test_another_journal_is_not_the_one_it_was_told_to(firm: Firm) -> None:
    put_back(firm, {})
    begin(firm.journal)
    done = firm.release(run_of(firm))
    assert (done.returncode, "was told to another journal" in done.stderr) == (11, True), done
    assert firm.names() == []


def test_a_release_is_looked_for_in_the_journal_too(firm: Firm) -> None:
    """What left is in the hand-off, and the journal was put back to before it left."""
    before = copied_journal(firm)
    assert firm.release(run_of(firm)).returncode == 0
    put_back(firm, before)
    for _ in range(9):  # as many lines, and others
        firm.does("anna", "approve", firm.root / "none", "--key", "none", "--yes")
    done = firm.release(run_of(firm))
    assert (done.returncode, "that told of the release of" in done.stderr) == (11, True), done
