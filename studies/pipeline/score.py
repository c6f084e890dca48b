"""score.py ISSUE: writes the share of the issue's tests that passes to result.json."""

import json
import sys
import unittest

sys.path.insert(0, ".")
suite = unittest.defaultTestLoader.loadTestsFromName(f"tests.test_{sys.argv[1]}")
count = suite.countTestCases()
outcome = unittest.TextTestRunner(verbosity=0).run(suite)
with open("result.json", "w", encoding="utf-8") as result:
    json.dump({"passed": (count - len(outcome.failures) - len(outcome.errors)) / count}, result)
