"""The package as people get it: wheel, types, old Pythons, and what the documents show."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

import studyhall
from conftest import PACKAGE, REPOSITORY, clean_environment

SOURCES = sorted((PACKAGE / "src/studyhall").glob("*.py"))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_where_nothing_else_is(tmp_path, server):
    pytest.importorskip("build")
    sources = tmp_path / "sources"
    shutil.copytree(PACKAGE, sources)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path),
        str(sources))  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "studyhall/py.typed" in names and "studyhall/_connection.py" in names

    said = run(
        sys.executable, "-I", "-S", "-c",
        f"import sys; sys.path.insert(0, {str(wheel)!r}); import studyhall; "
        f"print(studyhall.__version__, studyhall.get_all_study_names(server={server.url!r}) >= [])",
    )  # fmt: skip
    assert said.split() == [studyhall.__version__, "True"]


def test_the_version_is_the_programs():
    text = (REPOSITORY / "CMakeLists.txt").read_text()
    assert re.search(r"project\(studyhall VERSION (\S+)", text).group(1) == studyhall.__version__


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_python_3_9_reads_it(source):
    ast.parse(source.read_text(), feature_version=(3, 9))


def test_types_are_right(tmp_path):
    pytest.importorskip("mypy")
    run(sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--cache-dir",
        str(tmp_path), cwd=PACKAGE)  # fmt: skip


def python_blocks(document):
    return re.findall(r"^```python\n(.*?)^```", (REPOSITORY / document).read_text(), re.M | re.S)


@pytest.mark.parametrize("document", ["README.md", "doc/python.md"])
def test_the_python_of_the_documents_runs_as_written(document, server, tmp_path):
    blocks = python_blocks(document)
    assert blocks
    for name in studyhall.get_all_study_names(server=server.url):
        studyhall.delete_study(name, server=server.url)
    run(sys.executable, "-c", "\n".join(blocks), cwd=tmp_path,
        env=clean_environment(PYTHONPATH=str(PACKAGE / "src"), STUDY_SERVER=server.url))  # fmt: skip


def test_every_public_name_is_in_the_manual():
    manual = (REPOSITORY / "doc/python.md").read_text()
    missing = [n for n in studyhall.__all__ if n not in manual and not n.startswith("__")]
    methods = [n for n in dir(studyhall.Study) if not n.startswith("_")]
    missing += [n for n in methods + ["report", "should_prune", "park"] if n not in manual]
    assert missing == []
