"""Runs the tests of every issue that has been begun; those of later ones are not there to pass."""

import pathlib
import subprocess
import sys

begun = pathlib.Path("calculator.py").read_text(encoding="utf-8")
names = {"numbers": "def number", "sums": "def evaluate", "command_line": "def main"}
tests = [f"tests.test_{issue}" for issue, definition in names.items() if definition in begun]
sys.exit(subprocess.run([sys.executable, "-m", "unittest", "-q", *tests], check=False).returncode if tests else "nothing is implemented")
