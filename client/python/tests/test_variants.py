"""run_variants: each variant in a worktree of its own, all of them compared."""

import json
import subprocess
import sys
import threading

import pytest

import studyhall
from studyhall import TrialState

numbers = iter(range(1000))


@pytest.fixture
def repo(tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "word.txt").write_text("one\n")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "first")
    return folder


@pytest.fixture
def run_variants(server, repo, tmp_path):
    def run(variants, run, name=None, **more):
        more.setdefault("folder", tmp_path / "runs")
        name = name or f"variants{next(numbers)}"
        return studyhall.run_variants(name, variants, run, repo=repo, server=server.url, **more)

    return run


def git(folder, *arguments):
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def test_each_runs_in_its_own_worktree_and_the_best_comes_first(run_variants, repo):
    def run(variant):
        (variant.path / "word.txt").write_text(variant.text + "\n")
        return {"value": len(variant.text), "metrics": {"letters": len(set(variant.text))}}

    comparison = run_variants({"short": "ab", "long": "aabb", "middle": "abc"}, run)

    assert [row.name for row in comparison] == ["long", "middle", "short"]
    best = comparison.best
    assert (best.value, best.metrics, best.state) == (4, {"letters": 2}, TrialState.COMPLETE)
    assert (best.files_changed, best.lines_added, best.lines_removed) == (1, 1, 1)
    assert "-one\n+aabb\n" in best.diff
    assert best.worktree.joinpath("word.txt").read_text() == "aabb\n"
    assert git(repo, "show", f"{comparison['short'].branch}:word.txt") == "ab\n"
    assert (repo / "word.txt").read_text() == "one\n"
    assert git(repo, "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"


def test_at_most_so_many_run_at_once_and_they_do_run_at_once(run_variants):
    both = threading.Barrier(2)
    running = []
    most = []

    def run(variant):
        running.append(variant.name)
        most.append(len(running))
        both.wait(30)
        running.remove(variant.name)
        both.wait(30)
        return 1

    run_variants({name: name for name in "abcd"}, run, max_parallel=2)

    assert max(most) == 2


def test_one_that_fails_is_kept_and_the_others_go_on(run_variants, tmp_path):
    def run(variant):
        (variant.path / "half.txt").write_text("half\n")
        if variant.name == "bad":
            raise RuntimeError("it | broke")
        return 2

    comparison = run_variants({"bad": "b", "good": "g"}, run)

    assert [(row.name, row.state) for row in comparison] == [
        ("good", TrialState.COMPLETE),
        ("bad", TrialState.FAIL),
    ]
    bad = comparison.failed[0]
    assert bad.note == "RuntimeError: it | broke" and "+half" in bad.diff and bad.worktree.is_dir()
    assert "it | broke" in (tmp_path / "runs/summary.md").read_text()


def test_the_files_say_how_far_it_is(run_variants, tmp_path):
    seen = []

    def run(variant):
        seen.append(json.loads((tmp_path / "runs/progress.json").read_text()))
        return 1.5

    run_variants({"a": "do a", "b": "do b"}, run, name="files", max_parallel=1)

    assert [one["counts"] for one in seen] == [
        {"running": 1, "waiting": 1},
        {"complete": 1, "running": 1},
    ]
    progress = json.loads((tmp_path / "runs/progress.json").read_text())
    assert progress["done"] and progress["counts"] == {"complete": 2}
    assert progress["variants"]["a"]["score"] == 1.5
    variant = json.loads((tmp_path / "runs/variants/b.json").read_text())
    assert (variant["text"], variant["state"], variant["branch"]) == ("do b", "complete", "study/files/b")
    assert "| **a** | complete | 1.5 |" in (tmp_path / "runs/summary.md").read_text()


def test_commands_read_the_text_and_a_score_command_decides(run_variants, tmp_path):
    write = "import sys, os; open('out.txt', 'w').write(sys.stdin.read() + os.environ['STUDY_VARIANT'])"
    score = "import sys; print('words'); print(len(open('out.txt').read()) + len(sys.argv[1]))"

    comparison = run_variants(
        {"a": "1234", "bb": "12"},
        [sys.executable, "-c", write],
        score=[sys.executable, "-c", score, "{name}-{text}"],
    )

    assert comparison["a"].value == len("1234a") + len("a-1234")
    assert comparison["bb"].value == len("12bb") + len("bb-12")
    assert "words" in (tmp_path / "runs/variants/a.log").read_text()


def test_what_is_wrong_with_a_command_is_in_the_note(run_variants):
    code = {
        "exits": "print('oh no'); raise SystemExit(3)",
        "chatty": "print('no number here')",
        "slow": "import time; time.sleep(600)",
    }
    comparison = run_variants(code, [sys.executable, "-c", "{text}"], timeout_s=1.0)

    notes = {row.name: row.note for row in comparison.failed}
    assert "ended with 3: oh no" in notes["exits"]
    assert "'no number here'" in notes["chatty"]
    assert "no end after 1 s" in notes["slow"]
    assert comparison.best is None


def test_called_again_it_runs_what_has_not_ended(run_variants):
    ran = []

    def run(variant):
        ran.append(variant.name)
        if variant.name == "b" and ran.count("b") == 1:
            raise KeyboardInterrupt
        return len(ran)

    variants = {"a": "1", "b": "2", "c": "3"}
    with pytest.raises(KeyboardInterrupt):
        run_variants(variants, run, name="again", max_parallel=1)
    comparison = run_variants(variants, run, name="again", max_parallel=1)

    assert ran == ["a", "b", "b", "c"]
    assert [row.state for row in comparison] == [TrialState.COMPLETE] * 3
    assert comparison["b"].branch == "study/again/b-2"
    with pytest.raises(ValueError, match="is there already"):
        run_variants({"x": "1"}, run, name="again")


def test_worktrees_go_when_they_are_not_kept(run_variants, repo):
    comparison = run_variants({"a": "1"}, lambda variant: 1, keep=False)

    assert comparison["a"].worktree is None
    assert len(git(repo, "worktree", "list").splitlines()) == 1
    assert comparison["a"].branch in git(repo, "branch", "--list", "--format=%(refname:short)")


def test_names_that_no_branch_can_have(run_variants):
    for name in ["a b", "../x", "a..b", "x.lock", ""]:
        with pytest.raises(ValueError, match="names a branch"):
            run_variants({name: "1"}, lambda variant: 1)
    with pytest.raises(ValueError, match="no variants"):
        run_variants({}, lambda variant: 1)
