"""The firm's files win over the environment, and only what is signed by their keys counts."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused, NotApproved
from neutralizer.handoff.approval import approvers
from neutralizer.load.firm import files
from neutralizer.load.firm.caps import caps_here
from neutralizer.load.firm.model_card import card_here
from neutralizer.load.firm.roles import SMALL_ORDER, roles_here
from neutralizer.records.approvals import Approval, Subject, approvals_of, put_approval, run_subject
from neutralizer.records.finished import finished
from neutralizer.records.keys import signed
from tests.tools.command_line import neutralizer
from tests.tools.firm import ORDER, SILENT, Firm, approved_firm, ordered, tonight

CAPS = "currency: USD\ntickets: 100\n"
SHIPPED = Path(files.__file__).with_name("model_card.yaml")
READ: dict[str, tuple[Callable[[], object], str]] = {
    "roles.yaml": (roles_here, "NEUTRALIZER_ROLES"),
    "caps.yaml": (caps_here, "NEUTRALIZER_CAPS"),
    "model_card.yaml": (card_here, "NEUTRALIZER_MODEL_CARD"),
}


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm whose run two have approved."""
    return approved_firm().copied(tmp_path / "firm")


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """/etc/neutralizer of a machine."""
    monkeypatch.setattr(files, "SYSTEM", tmp_path / "etc")
    (tmp_path / "etc").mkdir()
    for _, variable in READ.values():
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "etc"


def kept(folder: Path, name: str) -> Path:
    """A sound file of the firm."""
    text = {"roles.yaml": "people: {anna: {may: []}}\n", "caps.yaml": CAPS}
    path = folder / name
    path.write_text(text.get(name) or SHIPPED.read_text())
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("name", sorted(READ))
def test_a_key_that_stands_twice_is_refused(etc: Path, name: str) -> None:
    """The last one would win: somebody could sign who may not."""
    path, read = kept(etc, name), READ[name][0]
    read()
    first = path.read_text()
    line = next(x for x in first.splitlines() if re.match(r"\w+: ", x))
    path.write_text(first + line + "\n")
    with pytest.raises(InputsRefused) as refusal:
        read()
    assert "duplicate key" in refusal.value.issues[0].reason


@pytest.mark.parametrize("name", READ)
def test_a_variable_does_not_put_another_file_in_the_place_of_the_firm_s(
    etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One person with roles of their own released alone."""
    read, variable = READ[name]
    mine = kept(tmp_path, name)
    monkeypatch.setenv(variable, str(mine))
    assert read() is not None, "no file of the firm is there"
    own = kept(etc, name)
    with pytest.raises(InputsRefused) as refused:
        read()
    assert f"names another file than {own}" in str(refused.value.issues[0])
    monkeypatch.setenv(variable, str(own))
    assert read() is not None
    monkeypatch.delenv(variable)
    own.write_text(own.read_text() + "# the firm's\n")
    assert read() is not None
    own.unlink()
    own.symlink_to("nowhere")
    with pytest.raises(InputsRefused, match="error"):
        read()


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_may_write_is_not_the_firm_s(etc: Path, name: str, mode: int) -> None:
    kept(etc, name).chmod(mode)
    with pytest.raises(InputsRefused) as refused:
        READ[name][0]()
    assert "others than its owner may write it" in str(refused.value.issues[0])
    assert "umask of 002" in str(refused.value.issues[0])


def test_a_file_that_belongs_to_a_stranger_is_not_the_firm_s(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(etc, "caps.yaml")
    if os.geteuid() == 0:
        os.chown(etc / "caps.yaml", 12345, -1)
    else:
        monkeypatch.setattr("os.geteuid", lambda: 12345)
    with pytest.raises(InputsRefused) as refused:
        caps_here()
    assert "neither to root nor to who runs this" in str(refused.value.issues[0])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_does_not_sign(firm: Firm, mode: int) -> None:
    firm.keys["ben"].chmod(mode)
    done = firm.approves("ben", firm.root / "runs" / "run")
    assert (done.returncode, "others may read the key" in done.stderr) == (12, True)


def test_what_leaves_names_the_files_it_left_under(firm: Firm) -> None:
    caps = kept(firm.root, "caps.yaml")
    assert firm.release(firm.root / "runs" / "run").returncode == 0
    (told,) = (json.loads(p.read_bytes()) for p in firm.handoff.glob("neutralizer_manifest_*.json"))
    assert re.fullmatch("[0-9a-f]{64}", told["roles"])
    assert re.fullmatch("[0-9a-f]{64}", told["model_card"])
    assert (told["firm_caps"], told["standing_order_sha256"]) == (None, None)
    run = firm.run(tonight(firm.root / "tonight"), *SILENT, out="n")
    order, to = ordered(firm), firm.root / "to"
    to.mkdir()
    words = ("release", run, "--to", to, "--auto", order)
    done = firm.does("night", *words, NEUTRALIZER_CAPS=str(caps))
    assert done.returncode == 0, done.stderr
    (read,) = (json.loads(p.read_bytes()) for p in to.glob("neutralizer_manifest_*_auto.json"))
    named = {"firm_caps": caps, "standing_order_sha256": order, "roles": firm.root / "roles.yaml"}
    for key, path in named.items():
        assert read[key] == hashlib.sha256(path.read_bytes()).hexdigest(), key


def test_a_run_without_caps_says_so(firm: Firm, tmp_path: Path) -> None:
    """Where there are roles, so that it can leave."""
    none = finished(firm.root / "runs" / "run").manifest["notices"]
    assert [x for x in none if x.startswith("no caps of the firm hold here")]
    caps = kept(firm.root, "caps.yaml")
    run = firm.root / "runs" / "capped"
    words = ("run", tonight(firm.root / "t"), "--out", run, "-q", "--no-baseline")
    assert firm.does("night", *words, NEUTRALIZER_CAPS=str(caps)).returncode == 0
    assert finished(run).manifest["notices"] == []
    alone = neutralizer("run", tmp_path / "firm" / "t", "--out", tmp_path / "alone", "-q")
    assert (alone.returncode, alone.stderr) == (0, "")


# ---- approvals


def subject_of(firm: Firm) -> Subject:
    run = firm.root / "runs" / "run"
    data = (run / "manifest.json").read_bytes()
    return run_subject(run, json.loads(data)["run_id"], data)


def signs(firm: Firm, name: str, subject: Subject, given: datetime, until: datetime) -> None:
    """With their own key, past the command."""
    unsigned = Approval(name, subject.what, subject.sha256, given.isoformat(), until.isoformat())
    signature, _ = signed(firm.keys[name].read_bytes(), "", unsigned.signed_bytes)
    put_approval(subject, replace(unsigned, signature=signature))


NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
TIMES = {
    "of 2098": (NOW + 72 * 365 * 24 * HOUR, NOW + 72 * 365 * 24 * HOUR + HOUR, "is dated 20"),
    "to 2099": (NOW, NOW + 73 * 365 * 24 * HOUR, "longer than the firm lets it"),
    "a minute too long": (NOW - HOUR, NOW + 11 * HOUR + timedelta(minutes=6), "longer than"),
    "to come": (NOW + HOUR, NOW + 2 * HOUR, "which is to come"),
    "past": (NOW - 13 * HOUR, NOW - HOUR, "expired at"),
}


@pytest.mark.parametrize("name", TIMES)
def test_an_approval_counts_within_its_times_and_the_firm_s(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The firm's roles say 12 hours; its own file said whatever its signer liked."""
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(firm.root / "roles.yaml"))
    given, until, reason = TIMES[name]
    subject = subject_of(firm)
    signs(firm, "anna", subject, given, until)
    signs(firm, "cleo", subject, NOW, NOW + HOUR)
    with pytest.raises(NotApproved, match=reason):
        approvers(subject, "night", datetime.now(UTC))
    signs(firm, "anna", subject, NOW - HOUR, NOW + 11 * HOUR)
    assert [a.name for a in approvers(subject, "night", datetime.now(UTC))] == ["anna", "cleo"]


def test_an_approval_of_an_order_holds_as_long_as_the_order(firm: Firm) -> None:
    order = ordered(firm, ORDER.replace("2199-12-31", f"{NOW.year + 1}-12-31"))
    for path in sorted((order.parent / "order.yaml.approvals").glob("*.json")):
        assert json.loads(path.read_bytes())["expires"].startswith(f"{NOW.year + 1}-")


P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def times_eight_is_nothing(y: int) -> bool:
    """Whether a point of this y (some x of the curve) has an order that divides 8."""
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - x2) % P == 0, "on the curve"
    for _ in range(3):
        k = D * x * x * y * y % P
        x, y = 2 * x * y * pow(1 + k, -1, P) % P, (y * y + x * x) * pow(1 - k, -1, P) % P
    return (x, y) == (0, 1)


def test_keys_under_which_anybody_can_sign_are_refused(etc: Path) -> None:
    """All of them: y = 0, 1, -1 and two of order 8, and the same beyond the prime."""
    ys = {int.from_bytes(key, "little") for key in SMALL_ORDER}
    assert all(times_eight_is_nothing(y % P) for y in ys)
    assert len({y % P for y in ys}) == 5
    assert {y for y in range(P, 2**255) if times_small(y - P)} <= ys
    for key in SMALL_ORDER:
        for sign in (0, 0x80):
            text = base64.b64encode(key[:31] + bytes([key[31] | sign])).decode()
            roles = etc / "roles.yaml"
            roles.write_text(f"people: {{anna: {{may: [approve], public_key: {text}}}}}\n")
            roles.chmod(0o644)
            with pytest.raises(InputsRefused) as refused:
                roles_here()
            assert "anybody can sign" in str(refused.value.issues[0])


def times_small(y: int) -> bool:
    """Of the few y that have a second spelling beyond the prime."""
    return y in (0, 1)


def test_only_what_is_signed_can_block_a_run(firm: Firm) -> None:
    """Whoever may write beside a run laid an approval of other bytes there, and it was `tampered`."""
    run, folder = firm.root / "runs" / "run", firm.root / "runs" / "run.approvals"
    told = json.loads((folder / "anna.json").read_bytes())
    (folder / "zoe.json").write_text(json.dumps(told | {"name": "zoe", "sha256": "0" * 64}))
    (folder / "ben.json").write_text(json.dumps(told | {"name": "ben", "sha256": "0" * 64}))
    assert len(approvals_of(subject_of(firm))) == 4
    assert firm.does("night", "verify", run).returncode == 0
    assert firm.release(run).returncode == 0
    other = replace(subject_of(firm), sha256="1" * 64)
    signs(firm, "ben", other, NOW, NOW + HOUR)
    done = firm.does("night", "verify", run)
    assert (done.returncode, "is not what ben approved" in done.stderr) == (11, True)


STEERS = "\x1b[2J\x1b[31mall is well\u202e\x9b"


def test_a_name_does_not_steer_a_terminal(firm: Firm) -> None:
    """Nor in an approval, nor as who acts, nor in the journal that tells it."""
    run, folder = firm.root / "runs" / "run", firm.root / "runs" / "run.approvals"
    told = json.loads((folder / "anna.json").read_bytes())
    (folder / "anna.json").unlink()
    (folder / "x.json").write_text(json.dumps(told | {"name": STEERS}))
    refused = firm.release(run)
    journal = firm.does(STEERS, "release", run, "--to", firm.handoff)
    read = firm.does("night", "journal", firm.journal)
    for done in (refused, journal, read):
        said = done.stdout + done.stderr
        assert "all is well" in said
        assert said.replace("\n", "").isprintable(), said
    assert (refused.returncode, journal.returncode, read.returncode) == (12, 12, 0)
