"""One pull: read what changed, keep what is news, and only then move the bookmark."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from pairset.files.damage import DamagedSetError
from pairset.records import Verdict
from pairset.rows.set_documents import read_set_document
from pairset.store import PairSet, Stage, write_atomically
from review.exchange.submitted import ReviewedTask, reviewed_task, verdict_of
from review.exchange.taskmap import project_folder
from review.form.page_check import NEEDED_CONTROLS
from review.label_studio.incoming import ForeignSubmissionError, record
from review.label_studio.project import ProjectState, StudioProject
from review.opinions.verdicts import VerdictLog, open_log
from review.settings import PullSettings

_BOOKMARK = "pull.json"
_PAGE_OF_IDS = 1_000
_CLOCKS_APART = timedelta(minutes=5)
"""How far a server's clock may be ahead of ours, and its times still be gone by."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the last pull ended."""

    since: str | None = None
    """Latest change of any task seen, by the server's clock."""
    task_count: int | None = None
    surplus: int | None = None
    """Verdicts that count here, less submissions on the server: it stays as it is unless
    something was deleted in a way that moved no task's time."""


@dataclass(slots=True)
class Fetched:
    """What a pull brought."""

    decisions: list[str] = field(default_factory=list)
    """Of new and edited verdicts."""
    withdrawn: int = 0
    tasks_deleted: int = 0
    skipped: list[str] = field(default_factory=list)
    """Why a submission, or all of a task, could not be made a verdict; one sentence each."""
    missing_controls: list[str] = field(default_factory=list)
    counting: int = 0
    """Verdicts by reviewers in the set that count."""
    latest: str | None = None


def fetch_verdicts(pair_set: PairSet, project: StudioProject, settings: PullSettings) -> Fetched:
    """Pull once. Killed at any moment and repeated, the set ends the same."""
    state = project.state()
    folder = project_folder(pair_set, state)
    bookmark = Bookmark() if settings.everything else _read_bookmark(folder)
    log = open_log(pair_set, state.key)
    fetched = Fetched(missing_controls=sorted(NEEDED_CONTROLS - state.controls))
    steps = _Steps(project, log, fetched)
    since = _earlier(bookmark.since, settings.overlap_seconds)
    steps.keep_news(since, settings.tasks_per_request)
    # Counted after reading: who submits meanwhile causes a needless search, never a missed one.
    state = project.state()
    if since and _something_was_missed(bookmark, state, log):
        steps.keep_news(None, settings.tasks_per_request)
        state = project.state()
    if _something_is_gone(bookmark, state, log):
        steps.withdraw_what_is_gone()
    fetched.counting = len(log.counting())
    surplus = fetched.counting - state.submission_count
    latest = max(filter(None, (bookmark.since, fetched.latest)), default=None)
    _save_bookmark(folder, Bookmark(latest, state.task_count, surplus), bookmark)
    return fetched


@dataclass(slots=True)
class _Steps:
    """Walks over pages of tasks and writes down what is news, page by page."""

    project: StudioProject
    log: VerdictLog
    fetched: Fetched
    reviewers: dict[int, str] = field(default_factory=dict)

    def keep_news(self, since: str | None, page_size: int) -> None:
        """Of tasks with submissions that changed since then, what is not in the set yet."""
        for page in self.project.submitted_tasks(page_size, since):
            self._keep([task for task in map(self._read, page) if task])

    def _read(self, task: object) -> ReviewedTask | None:
        try:
            return reviewed_task(task)
        except ForeignSubmissionError as error:
            number = task.get("id") if isinstance(task, dict) else task
            self.fetched.skipped.append(f"task {repr(number)[:40]}: {error}")
            return None

    def withdraw_what_is_gone(self) -> None:
        """Compare all numbers: a task without submissions any more is in no page above."""
        pages = self.project.submitted_tasks(_PAGE_OF_IDS, only_ids=True)
        there = {server_id for page in pages for task in page for server_id in _server_ids(task)}
        gone = [each for each in self.log.counting() if each.server_annotation_id not in there]
        if not gone:
            return
        pages = self.project.tasks(_PAGE_OF_IDS)
        tasks = {task.get("id") for page in pages for task in page if isinstance(task, dict)}
        self._withdraw(each.verdict_id for each in gone if each.task_id in tasks)
        self.fetched.tasks_deleted = len({each.task_id for each in gone} - tasks)

    def _keep(self, tasks: list[ReviewedTask]) -> None:
        unread: set[str] = set()
        made = [self._verdict(task, each, unread) for task in tasks for each in task.submissions]
        verdicts = [verdict for verdict in made if verdict]
        news = self.log.news_in(verdicts)
        self.log.add(news)
        self.fetched.decisions += [verdict.decision for verdict in news]
        there = {verdict.verdict_id for verdict in verdicts}
        known = [name for task in tasks for name in self.log.by_task.get(task.task_id, ())]
        gone = (name for name in known if name not in there)
        latest = self.log.latest
        self._withdraw(name for name in gone if latest[name].server_annotation_id not in unread)
        times = [task.updated_at for task in tasks if _is_past(task.updated_at)]
        self.fetched.latest = max(filter(None, [self.fetched.latest, *times]), default=None)

    def _verdict(self, task: ReviewedTask, submission: object, unread: set[str]) -> Verdict | None:
        """The verdict, or None and the reason among what was skipped; ``unread`` gets its id."""
        try:
            return verdict_of(task, submission, self._reviewer(submission), self.log.project)
        except (ForeignSubmissionError, RecursionError) as error:
            number = submission.get("id") if isinstance(submission, dict) else None
            unread.add(str(number))
            named = f"submission {repr(number)[:40]} of task {task.task_id}"
            self.fetched.skipped.append(f"{named}: {error}")
            return None

    def _withdraw(self, verdict_ids: Iterable[str]) -> None:
        withdrawals = self.log.withdrawals(verdict_ids)
        self.log.add(withdrawals)
        self.fetched.withdrawn += len(withdrawals)

    def _reviewer(self, submission: object) -> str:
        """Email address of who submitted; asked for once for each pull with news."""
        who = record(submission, "a submission").get("completed_by")
        number = who.get("id") if isinstance(who, dict) else who
        if not isinstance(number, int):
            return "user unknown"
        if number not in self.reviewers:
            self.reviewers |= self.project.reviewers()
        return self.reviewers.setdefault(number, f"user {number}")


def _server_ids(task: object) -> list[str]:
    """Numbers of a task's submissions, as text."""
    listed = task.get("annotations") if isinstance(task, dict) else None
    return [str(each.get("id")) for each in listed or () if isinstance(each, dict)]


def _is_past(time: str) -> bool:
    """Whether a time of the server is one to go on from.

    A time ahead of ours, by a clock that jumped or a lie, would have the next pulls pass over all
    that is submitted before it.
    """
    return bool(time) and _moment(time) <= datetime.now(UTC) + _CLOCKS_APART


def _moment(time: str) -> datetime:
    moment = datetime.fromisoformat(time)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _something_is_gone(bookmark: Bookmark, state: ProjectState, log: VerdictLog) -> bool:
    """Whether the numbers say that tasks or submissions vanished without moving any time."""
    fewer_tasks = bookmark.task_count is not None and state.task_count < bookmark.task_count
    expected = state.submission_count + (bookmark.surplus or 0)
    return fewer_tasks or len(log.counting()) > expected


def _something_was_missed(bookmark: Bookmark, state: ProjectState, log: VerdictLog) -> bool:
    """Whether there is more on the server than its times told: its clock was set back."""
    return len(log.counting()) < state.submission_count + (bookmark.surplus or 0)


def _earlier(time: str | None, seconds: float) -> str | None:
    """A time of the server, so long before; filters take no other way of writing it."""
    if time is None:
        return None
    earlier = _moment(time).astimezone(UTC) - timedelta(seconds=seconds)
    return earlier.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read_bookmark(folder: Stage) -> Bookmark:
    path = f"{folder.path}/{_BOOKMARK}"
    try:
        read = read_set_document(Bookmark, folder.pair_set, path)
        return read if read and _is_moment(read.since) else Bookmark()
    except DamagedSetError:
        return Bookmark()  # whatever it says, all is compared anew


def _is_moment(time: str | None) -> bool:
    try:
        return time is None or bool(_moment(time))
    except ValueError:
        return False


def _save_bookmark(folder: Stage, bookmark: Bookmark, before: Bookmark) -> None:
    if bookmark != before:
        content = json.dumps(asdict(bookmark)).encode()
        write_atomically(folder.pair_set, f"{folder.path}/{_BOOKMARK}", content)
