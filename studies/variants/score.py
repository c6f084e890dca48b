"""Tests, then a benchmark of word_count.py in the current folder; writes result.json.

The best of a few passes counts, as other programs only ever make a pass slower.
"""

import json
import random
import subprocess
import sys
import time

WORDS = 200_000
PASSES = 5


def benchmark() -> float:
    sys.path.insert(0, ".")
    from word_count import word_count

    rng = random.Random(1)
    text = " ".join(f"Word{int(rng.paretovariate(1)) % 5000}" for _ in range(WORDS))
    best = float("inf")
    for _ in range(PASSES):
        begin = time.perf_counter()
        counts = word_count(text)
        best = min(best, time.perf_counter() - begin)
    if sum(counts.values()) != WORDS:
        sys.exit(f"word_count found {sum(counts.values())} words of {WORDS}")
    return WORDS / best / 1e6


tests = subprocess.run([sys.executable, "-m", "unittest", "-q", "test_word_count"], check=False)
if tests.returncode != 0:
    # The variant's fault: a score command that fails itself would be held against the agent.
    with open("result.json", "w", encoding="utf-8") as result:
        json.dump({"million_words_per_s": None, "why": "a test fails"}, result)
    sys.exit()
with open("word_count.py", encoding="utf-8") as source:
    lines = sum(1 for line in source if line.strip())
with open("result.json", "w", encoding="utf-8") as result:
    json.dump({"million_words_per_s": benchmark(), "lines": lines}, result)
