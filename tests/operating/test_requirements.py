"""What is required, read from a checkout and from an installed package."""

from siamese_core.operating import requirements as module

METADATA = """Metadata-Version: 2.4
Name: siamese-workbench
Version: 0.1.0
Requires-Python: <3.14,>=3.11
Requires-Dist: numpy<3,>=2.4
Provides-Extra: heif
Requires-Dist: pillow-heif<2,>=1.8; extra == 'heif'
"""


def test_a_checkout_tells_its_libraries_and_extras():
    told = module.requirements()
    assert told.python.contains("3.11.9") and not told.python.contains("3.10.1")
    assert {"numpy", "keras"} <= {each.name for each in told.libraries} and "onnx" in told.extras
    assert all(map(module.fits, told.libraries))


def test_an_installed_package_tells_them_without_a_checkout(tmp_path, monkeypatch):
    folder = tmp_path / "siamese_workbench-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "PROJECT_FILE", tmp_path / "pyproject.toml")
    told = module.requirements()
    assert [each.name for each in told.libraries] == ["numpy"]
    assert {name: [each.name for each in needed] for name, needed in told.extras.items()} == {
        "heif": ["pillow-heif"]
    }
    assert not told.python.contains("3.14.0")
