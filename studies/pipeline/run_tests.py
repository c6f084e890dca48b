"""run_tests.py ISSUE: runs the tests of every issue that has been begun; where all pass, notes in done/ISSUE that it is done.

Those of later issues are not there to pass yet.
"""

import pathlib
import subprocess
import sys

begun = pathlib.Path("calculator.py").read_text(encoding="utf-8")
names = {"numbers": "def number", "sums": "def evaluate", "command_line": "def main"}
tests = [f"tests.test_{issue}" for issue, definition in names.items() if definition in begun]
if not tests:
    sys.exit("nothing is implemented")
subprocess.run([sys.executable, "-m", "unittest", "-q", *tests], check=True)
done = pathlib.Path("done")
done.mkdir(exist_ok=True)
(done / sys.argv[1]).touch()
