"""Many cases: one after the other, on the cores of this machine, or on a Dask cluster that is there.

Where a case is solved changes nothing of its row: the scenario's bytes and the case travel, the row comes back.
"""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import Any

from neutralizer.domain.cases import Case
from neutralizer.errors import CannotWrite, InputsRefused, Issue
from neutralizer.studies.sent import Row, Sent

MOST_ENDS = 3  # times that the worker of a case may end before the case is given up
CONNECT = 20  # seconds
LOST = {
    "status": "lost",
    "why_not": f"its worker ended {MOST_ENDS} times: did it run out of memory?",
}

Keep = Callable[[Case, Row], None]
Work = Callable[[Sent, Case], Row]  # a function of a module, which other processes find by its name


@dataclass(frozen=True)
class Where:
    """On how many processes of this machine, or the address of a Dask scheduler."""

    workers: int = 1
    scheduler: str = ""


def run_cases(work: Work, sent: Sent, cases: Sequence[Case], keep: Keep, where: Where) -> None:
    """Hands each case's row to `keep` as soon as it is there, in any order. Raises OtherVersion, InputsRefused where
    there is no such scheduler.
    """
    if where.scheduler:
        _on_a_cluster(work, sent, cases, keep, where.scheduler)
    elif where.workers > 1 and len(cases) > 1:
        _on_processes(work, sent, cases, keep, where.workers)
    else:
        for case in cases:
            keep(case, work(sent, case))


def _on_processes(work: Work, sent: Sent, cases: Sequence[Case], keep: Keep, workers: int) -> None:
    """A process that ends takes those of its pool with it. What was under way then is begun again one by one, so
    that it is known whose fault it was; after MOST_ENDS times a case is given up.
    """
    left, ended = {case.number: case for case in cases}, Counter[int]()

    def kept(case: Case, row: Row) -> None:
        del left[case.number]
        keep(case, row)

    while left:
        again = [case for case in left.values() if ended[case.number]]
        lost = _of_one_pool(work, sent, again or list(left.values()), kept, 1 if again else workers)
        ended.update(case.number for case in lost)
        for case in lost:
            if ended[case.number] >= MOST_ENDS:
                kept(case, dict(LOST))


def _of_one_pool(
    work: Work, sent: Sent, cases: Sequence[Case], keep: Keep, workers: int
) -> list[Case]:
    """The cases that were under way when a process ended, and with it the pool; none where all are done. No more are
    handed out than there are processes.
    """
    waiting, under_way = iter(cases), dict[Future[Row], Case]()
    others, spawn = set(multiprocessing.active_children()), multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawn, initializer=_with_its_parent)
    try:
        under_way = {pool.submit(work, sent, c): c for c in islice(waiting, workers)}
        while under_way:
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                row = future.result()
                keep(under_way.pop(future), row)
            under_way |= {pool.submit(work, sent, c): c for c in islice(waiting, len(done))}
    except BrokenProcessPool:
        return list(under_way.values())
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _with_its_parent() -> None:
    """A process of the pool ends when the one that began it has ended, however that was."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def ends() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=ends, daemon=True).start()


def _on_a_cluster(
    work: Work, sent: Sent, cases: Sequence[Case], keep: Keep, scheduler: str
) -> None:
    """Dask begins the cases of a worker that is lost again elsewhere."""
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        remedy = "pip install 'neutralizer[sweep]'"
        raise _refused(scheduler, "Dask is not installed", remedy) from None
    try:
        client = distributed.Client(scheduler, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        remedy = "name one such as tcp://host:8786"
        raise _refused(scheduler, f"no Dask scheduler answers: {error}", remedy) from None
    with client, client.as_current():
        held = client.scatter(sent, broadcast=True, hash=False)
        under_way = {client.submit(work, held, case, pure=False): case for case in cases}
        for future in distributed.as_completed(list(under_way)):
            case = under_way.pop(future)
            try:
                keep(case, future.result())
            except distributed.KilledWorker:
                keep(case, dict(LOST))
            except distributed.client.FutureCancelledError as error:
                raise CannotWrite(f"the cluster went away: {error}") from None
            except ImportError as error:
                remedy = f"install neutralizer {sent.version} there"
                reason = f"a worker has no such program: {error}"
                raise _refused(scheduler, reason, remedy) from None


def _refused(scheduler: str, reason: str, remedy: str) -> InputsRefused:
    return InputsRefused([Issue("--scheduler", 0, "", scheduler, reason, remedy)])
