"""The whole trip: scenario folder -> gate -> decision -> run folder, and its line in the journal."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from neutralizer.decide import Decided, Options, decided
from neutralizer.domain.record import Record
from neutralizer.domain.summary import Summary
from neutralizer.errors import FolderTaken, Infeasible, InputsRefused, Issue, ProofFailed, Tampered
from neutralizer.gate import agrees, checked
from neutralizer.gate.open_orders import done_is_held
from neutralizer.load.firm.caps import caps_here
from neutralizer.load.firm.model_card import card_here
from neutralizer.load.firm.roles import permitted, roles_here
from neutralizer.load.scenario import Loaded
from neutralizer.load.written.plain import read_json
from neutralizer.records.commit import COMMIT
from neutralizer.records.finished import finished
from neutralizer.records.folder import (
    may_be_replaced,
    read_folder,
    refused_folder,
    remove_refusal,
    writing,
)
from neutralizer.records.handed import handed_over, superseded_first
from neutralizer.records.history import figures, outliers
from neutralizer.records.journal import journalled
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.manifest import SUMMARY, differences, manifest
from neutralizer.records.superseded import digest, gathered, is_what_left, superseded
from neutralizer.records.writing import json_bytes
from neutralizer.report.refused import refused_files
from neutralizer.verify import inputs_of, proven

NO_CAPS = "no caps of the firm hold here: nothing bounds what one run may order (caps.yaml)"

__all__ = ["Options", "Outcome", "publish", "run"]

Read = Callable[[], Loaded]
Decide = Callable[[Loaded, str, Options], Decided]


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its summary, its limits, and whether it was there already."""

    summary: Summary
    files: dict[str, bytes]
    already_there: bool = False

    @property
    def notices(self) -> list[str]:
        """What a person should know that is not about the plan."""
        found: list[str] = read_json(self.files[MANIFEST])["notices"]
        return found


def run(root: Path, out: Path | None, options: Options) -> Outcome:
    """The main job. Raises NeutralizerError; then `out` is as it was before."""
    read = partial(checked, root, options.overrides, options.against)
    return _journalled(str(root), out, options, read, decided)


def publish(loaded: Loaded, decision: Decided, name: str, out: Path, options: Options) -> Outcome:
    """The main job for what was read, from `name`, and decided before. Raises as `run` does."""
    read = partial(agrees, loaded, options.against)
    return _journalled(name, out, options, read, lambda *_: decision)


def _journalled(
    name: str, out: Path | None, options: Options, read: Read, decide: Decide
) -> Outcome:
    facts = {"by": options.prepared_by, "scenario": name, "out": str(out or "")}
    with journalled(options.journal, "run", **facts) as entry:
        past = tuple(e["figures"] for e in entry.past if "figures" in e)
        asked = replace(options, notices=entry.unfinished, past=past, mark=entry.mark)
        outcome = _trip(out, asked, read, decide)
        entry.facts = {"run_id": outcome.summary.run_id, "name": outcome.summary.name}
        if out is not None and not options.dry_run:
            entry.facts["manifest_sha256"] = hashlib.sha256(outcome.files[MANIFEST]).hexdigest()
        if out is not None and not options.dry_run and not outcome.already_there:
            entry.figures = figures(outcome.summary)
        return outcome


def _trip(out: Path | None, options: Options, read: Read, decide: Decide) -> Outcome:
    permitted(options.prepared_by, "prepare")
    loaded = read()
    kept = _superseded_files(options)
    loaded = replace(loaded, bytes_read=loaded.bytes_read | kept)
    options = replace(options, supersedes=digest(kept))
    if options.against.previous is not None:
        options = replace(options, since=finished(options.against.previous).files)
    shock_is_known(loaded, options.shock)
    run_id = loaded.run_id(options.asked)
    _takes_over(loaded, run_id, options)
    if out is None or options.dry_run:
        return _proven(loaded, _files(loaded, run_id, options, decide), options)
    with writing(out) as staging:
        there = _same_run(out, run_id, options.replace)
        if there is not None:
            COMMIT.stand()
            return Outcome(Summary.read(there[SUMMARY]), there, already_there=True)
        try:
            staging.write(_files(loaded, run_id, options, decide))
            outcome = _proven(loaded, staging.read(), options)
        except (Infeasible, ProofFailed) as refusal:
            staging.write(refused_files(refusal, loaded.scenario, run_id))
            staging.publish(refused_folder(out), replace=True, refusal=True)
            raise
        staging.publish(out, options.replace)
        remove_refusal(out)
        return outcome


def _files(loaded: Loaded, run_id: str, options: Options, decide: Decide) -> dict[str, bytes]:
    """Every file of the run, the manifest last: who asked for what, and under which files of the firm."""
    decision = decide(loaded, run_id, options)
    files = decision.files
    settings = {
        "set": list(options.overrides),
        **options.asked.written(),
        "freshness_not_checked": list(loaded.ages_not_checked),
        "without_control_file": sorted(loaded.inputs.without_control),
        "rows_left": [
            left for name in sorted(loaded.inputs.left) for left in loaded.inputs.left[name]
        ],
        "firm_caps": caps_here().sha256,
        "roles": roles_here().sha256,
        "model_card": card_here().sha256,
        "costs": options.costs and dict(options.costs),
    }
    record = _record(loaded, Summary.read(files[SUMMARY]), options)
    inputs, seconds = loaded.bytes_read, decision.seconds
    return files | {
        MANIFEST: json_bytes(manifest(inputs, files, run_id, record, settings, seconds))
    }


def _record(loaded: Loaded, summary: Summary, options: Options) -> Record:
    unusual = outliers(figures(summary), options.past)
    released = roles_here().value is not None  # without roles nothing ever leaves
    capless = (NO_CAPS,) if released and caps_here().value is None else ()
    notices = (*options.notices, *loaded.notices, *unusual, *capless)
    waivers, old = options.against.waivers, superseded(loaded.bytes_read)
    record = Record(options.prepared_by, notices, waivers, loaded.previous, journal=options.mark)
    if old is None:
        return record
    return replace(record, version=old.version + 1, supersedes=old.run_id, reason=options.reason)


def _proven(loaded: Loaded, files: dict[str, bytes], options: Options) -> Outcome:
    """What the files come to, as they were read back. Raises ProofFailed."""
    options.say("proving")
    proven(loaded, options.asked, loaded.run_id(options.asked), files)
    return Outcome(Summary.read(files[SUMMARY]), files)


def shock_is_known(loaded: Loaded, shock: str) -> None:
    """Raises InputsRefused where the scenario has no such shock."""
    known = loaded.scenario.shocks.ids
    if shock and shock not in known:
        remedy = "name one of " + ", ".join(known[:8]) if known else "add shocks to the scenario"
        raise InputsRefused([Issue("--shock", 0, "", shock, "no such shock", remedy)])


def _superseded_files(options: Options) -> dict[str, bytes]:
    """What is kept of a superseded run. Raises Tampered, InputsRefused, NotApproved."""
    if options.supersede is None:
        return {}
    permitted(options.prepared_by, "supersede")
    return gathered(finished(options.supersede).files, options.against.handoff)


def _takes_over(loaded: Loaded, run_id: str, options: Options) -> None:
    """Raises FolderTaken where the date was released as another run that this one does not supersede,
    InputsRefused where what is done of that run is not in the positions.
    """
    if options.against.handoff is None:
        return
    s, old = loaded.scenario, superseded(loaded.bytes_read)
    released = handed_over(options.against.handoff)
    superseded_first(
        released,
        (s.name, s.business_date.isoformat()),
        run_id,
        None if old is None else old.run_id,
    )
    is_what_left(loaded.bytes_read, released)
    if options.supersede is not None and old is not None:
        before = inputs_of(finished(options.supersede))
        done_is_held(loaded, before, old, options.against.waivers)


def _same_run(out: Path, run_id: str, replace: bool) -> dict[str, bytes] | None:
    """The folder's files where it holds this very run. Raises FolderTaken, Tampered."""
    if not out.exists():
        return None
    if not out.is_dir():
        raise FolderTaken(f"{out} is not a folder: name another")
    if replace:
        may_be_replaced(out)
    files = read_folder(out) if (out / MANIFEST).is_file() else {}
    try:
        written = read_json(files[MANIFEST])
        faults = differences(written, files) if written["run_id"] == run_id else None
    except (KeyError, ValueError, TypeError, AttributeError):
        faults = None
    if faults is None:
        if not replace and any(out.iterdir()):
            raise FolderTaken(f"{out} holds something else; name another folder, or use --replace")
        return None
    if faults and not replace:
        raise Tampered(f"{out} holds this run, but " + "; ".join(faults[:5]))
    return None if faults else files
