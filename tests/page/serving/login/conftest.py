"""The application as it is served with `--auth`, in this process and without a port."""

import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from helpers.logins import hash_quickly, three_people
from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.audit import AuditLog
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.queue import Questions
from siamese_core.operating.stopping import Stopping
from siamese_core.page.serving.address import Address
from siamese_core.page.serving.login.entrance import Entrance
from siamese_core.page.serving.server import app_options, build_page
from siamese_core.page.serving.stubs import no_application
from siamese_core.page.theme import theme
from siamese_core.workspace.workbench import Workbench


@pytest.fixture(scope="session")
def with_login(tmp_path_factory) -> tuple[App, Entrance]:
    """The built application, as gradio would serve it, and who lets people in."""
    home = tmp_path_factory.mktemp("team") / "workspace"
    patch = pytest.MonkeyPatch()
    patch.setenv("GRADIO_TEMP_DIR", str(home / "uploads"))
    hash_quickly(patch)
    bench = Workbench(home)
    questions = Questions(bench, Pool(bench))
    file = three_people(AccountFile(home / "users.json"))
    entrance = Entrance(file, AuditLog(home), 7860, opened=True)
    with no_application():
        page = build_page(bench, questions)
    page.theme, page.asks_login = theme(), True  # as when it is launched
    address = Address("127.0.0.1", 7860)
    app = App.create_app(page, app_kwargs=app_options(page, questions, address, (Stopping(), entrance)))
    yield app, entrance
    patch.undo()


@pytest.fixture
def client(with_login) -> TestClient:
    """A browser without cookies yet, at 127.0.0.1."""
    return TestClient(with_login[0], base_url="http://127.0.0.1:7860", follow_redirects=False)
