"""Talk to one repository of the Hugging Face hub, and say in words what went wrong."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from siamese_core.errors import UserError, in_words

log = logging.getLogger(__name__)
CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 60.0  # huggingface_hub itself waits for ever
SAID = {
    401: "the hub refuses the token: set HF_TOKEN to one that may write",
    403: "the token may not write there: give it that right, or name another repository",
    404: "the hub shows this token no such repository: make it, or correct its name",
    409: "another server has just written there; it is tried again",
    412: "another server has just written there; it is tried again",
    413: "the hub takes no commit of that size",
    429: "the hub asks to wait: too many requests",
}
BROKEN = "the hub has a fault of its own"
MOVED = (409, 412)
ABSENT = (401, 404)  # the hub answers 401 for what is not there, too
AT_ONCE, IN_MEMORY = 8, 64  # downloads


class HubProblem(Exception):
    """A call of the hub that failed. The message is for people; status: of HTTP, 0 where there is none."""

    def __init__(self, words: str, status: int = 0):
        super().__init__(words)
        self.status = status


class Repository:
    """A repository `OWNER/NAME`. kind: "dataset" or "model". Every method raises HubProblem.

    endpoint: of the hub, by default HF_ENDPOINT, else huggingface.co.
    """

    def __init__(self, name: str, kind: str, token: str, endpoint: str | None = None):
        from huggingface_hub import HfApi

        self.name, self.kind = name, kind
        self._api = HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT") or None, token=token)
        _bound_waiting()

    def require(self) -> None:
        """Make the repository, private, unless it is there."""
        with _told():
            try:
                self._api.repo_info(self.name, repo_type=self.kind)
            except Exception as failure:
                if _status(failure) not in ABSENT:
                    raise
                self._api.create_repo(self.name, repo_type=self.kind, private=True, exist_ok=True)

    def who(self) -> str:
        """Return the name that the token belongs to."""
        with _told():
            return str(self._api.whoami()["name"])

    def newest(self) -> str:
        """Return the newest commit."""
        with _told():
            return self._api.repo_info(self.name, repo_type=self.kind).sha

    def listed(self, folder: str, commit: str) -> list[str]:
        """Return the paths of the files in a folder as of a commit; none where there is no folder."""
        from huggingface_hub.errors import EntryNotFoundError
        from huggingface_hub.hf_api import RepoFile

        with _told():
            try:
                found = self._api.list_repo_tree(
                    self.name, folder, recursive=True, revision=commit, repo_type=self.kind
                )
                return [each.path for each in found if isinstance(each, RepoFile)]
            except EntryNotFoundError:
                return []

    def present(self, paths: Sequence[str], commit: str) -> set[str]:
        """Return which of these files a commit has."""
        with _told():
            found = self._api.get_paths_info(self.name, list(paths), revision=commit, repo_type=self.kind)
            return {each.path for each in found}

    def commit(self, files: Mapping[str, Path | bytes], parent: str, message: str) -> None:
        """Add files by their path there, all or none; status 409 or 412 where `parent` is not the newest."""
        from huggingface_hub import CommitOperationAdd

        added = [
            CommitOperationAdd(path, str(each) if isinstance(each, Path) else each)
            for path, each in files.items()
        ]
        with _told():
            self._api.create_commit(
                self.name, added, commit_message=message, repo_type=self.kind, parent_commit=parent
            )

    def read(self, path: str, commit: str) -> bytes:
        """Return the content of a file."""
        with _told(), tempfile.TemporaryDirectory(prefix="siamese-hub-") as folder:
            where = {"repo_type": self.kind, "revision": commit, "local_dir": folder}
            return Path(self._api.hf_hub_download(self.name, path, **where)).read_bytes()

    def read_each(self, paths: Sequence[str], commit: str, take: Callable[[str, bytes], None]) -> None:
        """Give `take` each file with its content, several read at once, `take` called by one thread."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(paths), IN_MEMORY):
                part = paths[start : start + IN_MEMORY]
                found = pool.map(lambda path: self.read(path, commit), part)
                for path, content in zip(part, found, strict=True):
                    take(path, content)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what huggingface_hub raises into a HubProblem."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HubProblem:
        raise
    except Exception as failure:  # of HTTP, of the network, of the disk, or an answer that cannot be read
        log.info("the hub: %s: %s", type(failure).__name__, failure)
        status = _status(failure)
        if status:
            raise HubProblem(SAID.get(status, BROKEN), status) from failure
        if isinstance(failure, OSError) and not isinstance(failure, HfHubHTTPError):
            raise HubProblem(f"a file could not be read or written: {in_words(failure)}") from failure
        first = failure.__cause__ if isinstance(failure.__cause__, Exception) else failure
        raise HubProblem(f"the hub cannot be reached: {in_words(first)}") from failure


def _status(failure: BaseException | None) -> int:
    """Return the status of HTTP that a failure, or its cause, came with; 0 where there is none."""
    while failure is not None:
        if response := getattr(failure, "response", None):
            return response.status_code
        failure = failure.__cause__
    return 0


@lru_cache
def _bound_waiting() -> None:
    """Let no call of the hub wait for ever, as huggingface_hub does unless told otherwise."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import disable_progress_bars
    from huggingface_hub.utils._http import default_client_factory

    def patient():
        client = default_client_factory()
        client.timeout = (CONNECT_SECONDS, ANSWER_SECONDS, ANSWER_SECONDS, ANSWER_SECONDS)
        return client

    set_client_factory(patient)
    disable_progress_bars()


def token_at_hand() -> str:
    """Return HF_TOKEN, or the token of `hf auth login`. UserError where there is none."""
    from huggingface_hub import get_token

    if not (token := get_token()):
        raise UserError(
            "--sync-to needs a token of the hub that may write. Received: none. Set HF_TOKEN, on a Space "
            "under Settings, Secrets."
        )
    return token
