#include "worker_shim/process.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"
#include "worker_shim/leftovers.h"
#include "worker_shim/output_log.h"

namespace studyhall::worker_shim {
namespace {

using namespace std::chrono_literals;
using studyhall::testing::descendants;
using studyhall::testing::processes_with;
using studyhall::testing::slurp;
using studyhall::testing::TempDir;

class ProcessTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(processes_with(dir_.path().string()).empty());
    EXPECT_TRUE(descendants().empty());
  }

  // `script` run by sh in the test's folder, marked so that what it starts is found.
  ProcessSpec shell(const std::string& script) const {
    ProcessSpec spec;
    spec.program = "/bin/sh";
    spec.argv = {"sh", "-c", script};
    spec.environment = {{"PATH", "/usr/bin:/bin"}, {"MARK", dir_.path().string()}};
    spec.directory = dir_.path();
    spec.grace = 200ms;
    return spec;
  }

  ProcessEnd run(const ProcessSpec& spec) {
    ProcessHooks hooks;
    hooks.output = [this](Stream stream, std::string_view bytes) {
      (stream == Stream::Out ? out_ : err_).append(bytes);
    };
    return run_process(spec, hooks);
  }

  // Ends the run once the script has made the file "ready".
  ProcessHooks stop_when_ready() const {
    ProcessHooks hooks;
    hooks.stop = [this] { return std::filesystem::exists(dir_.path() / "ready"); };
    return hooks;
  }

  TempDir dir_;
  std::string out_;
  std::string err_;
};

TEST_F(ProcessTest, TellsExitCodeAndBothStreams) {
  const ProcessEnd end = run(shell("echo out; echo err >&2; exit 3"));

  EXPECT_EQ(end.kind, EndKind::Exited);
  EXPECT_EQ(end.code, 3);
  EXPECT_EQ(out_, "out\n");
  EXPECT_EQ(err_, "err\n");
  EXPECT_EQ(describe(end), "exit code 3");
}

// Of everything that the program started, as far as that was waited for.
TEST_F(ProcessTest, TellsTheProcessorTimeOfTheTree) {
  const ProcessEnd end =
      run(shell("sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; times' "
                "> times"));

  double user = 0;
  ASSERT_EQ(sscanf(slurp(dir_.path() / "times").c_str(), "0m%lfs", &user), 1);
  EXPECT_GT(user, 0);
  EXPECT_GE(end.cpu_seconds, user - 0.02);  // `times` counts in ticks
}

TEST_F(ProcessTest, TellsTheSignal) {
  const ProcessEnd end = run(shell("kill -SEGV $$"));

  EXPECT_EQ(end.kind, EndKind::Signalled);
  EXPECT_EQ(end.code, SIGSEGV);
}

TEST_F(ProcessTest, PassesArgumentsVerbatim) {
  ProcessSpec spec = shell("");
  spec.program = "/usr/bin/printf";
  spec.argv = {"printf", "[%s]", "a b", "\"q'", "$(touch pwned)", "`id`", "",
               "*",      "a\nb", "-n",  "ü"};

  run(spec);

  EXPECT_EQ(out_, "[a b][\"q'][$(touch pwned)][`id`][][*][a\nb][-n][ü]");
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "pwned"));
}

TEST_F(ProcessTest, GivesNothingButItsEnvironmentFolderAndThreeDescriptors) {
  ProcessSpec spec = shell("");
  spec.program = "/usr/bin/env";
  spec.argv = {"env"};
  run(spec);
  EXPECT_EQ(out_, "MARK=" + dir_.path().string() + "\nPATH=/usr/bin:/bin\n");

  out_.clear();
  spec.program = "/bin/ls";
  spec.argv = {"ls", "/proc/self/fd"};
  run(spec);
  EXPECT_EQ(out_, "0\n1\n2\n3\n");  // 3 is what ls itself reads the folder through
}

TEST_F(ProcessTest, StartsWithEverySignalAtItsDefault) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  sigaction(SIGPIPE, &ignore, &before);

  run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"));

  sigaction(SIGPIPE, &before, nullptr);
  EXPECT_EQ(out_, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(ProcessTest, ReadsStdinFromAFileOrNothing) {
  run(shell("cat"));
  EXPECT_EQ(out_, "");

  studyhall::testing::spit(dir_.path() / "in", "words");
  ProcessSpec spec = shell("cat");
  spec.stdin_file = dir_.path() / "in";
  run(spec);
  EXPECT_EQ(out_, "words");
}

TEST_F(ProcessTest, SaysWhyItCannotStart) {
  ProcessSpec spec = shell("");
  spec.program = dir_.path() / "absent";
  const ProcessEnd absent = run(spec);
  EXPECT_EQ(absent.kind, EndKind::CannotStart);
  EXPECT_EQ(absent.code, ENOENT);

  studyhall::testing::spit(dir_.path() / "plain", "text");
  spec.program = dir_.path() / "plain";
  const ProcessEnd plain = run(spec);
  EXPECT_EQ(plain.kind, EndKind::CannotStart);
  EXPECT_EQ(plain.code, EACCES);
  EXPECT_EQ(describe(plain), "cannot start: Permission denied");
}

TEST_F(ProcessTest, RefusesAnInputFileThatIsNotThere) {
  ProcessSpec spec = shell("cat");
  spec.stdin_file = dir_.path() / "absent";
  EXPECT_THROW(run(spec), Error);
}

TEST_F(ProcessTest, EndsByItselfAtTheTimeLimit) {
  ProcessSpec spec = shell("echo begun; tail -f /dev/null");
  spec.limit = 100ms;

  const ProcessEnd end = run(spec);

  EXPECT_TRUE(end.timed_out);
  EXPECT_FALSE(end.stopped);
  EXPECT_EQ(out_, "begun\n");
}

TEST_F(ProcessTest, LetsAProgramFinishItsWorkAfterSigterm) {
  ProcessSpec spec = shell(
      "trap 'echo saved; exit 0' TERM; touch ready; while :; do tail -f /dev/null & wait; done");
  spec.grace = 30s;
  ProcessHooks hooks = stop_when_ready();
  hooks.output = [this](Stream, std::string_view bytes) { out_.append(bytes); };

  const ProcessEnd end = run_process(spec, hooks);

  EXPECT_TRUE(end.stopped);
  EXPECT_EQ(end.kind, EndKind::Exited);
  EXPECT_EQ(out_, "saved\n");
}

// The shell at the front dies of SIGTERM at once; what it started may still need its time.
TEST_F(ProcessTest, GivesTheGraceToTheWholeGroup) {
  studyhall::testing::write_script(
      dir_.path() / "worker",
      "#!/bin/sh\ntrap 'cat fifo >/dev/null; echo saved > saved; exit 0' TERM\ntouch ready\n"
      "while :; do tail -f /dev/null & wait; done\n");
  ProcessSpec spec = shell("mkfifo fifo; ./worker & { trap 'echo > fifo; exit 1' TERM; wait; }");
  spec.grace = 30s;

  run_process(spec, stop_when_ready());

  EXPECT_EQ(slurp(dir_.path() / "saved"), "saved\n");
}

struct Escape {
  const char* name;
  const char* script;  // makes "ready" when everything it starts is running
};

class ProcessEscape : public ProcessTest, public ::testing::WithParamInterface<Escape> {};

// Whatever a program starts and however, nothing of it outlives the run: TearDown looks.
TEST_P(ProcessEscape, IsEndedByAStop) {
  run_process(shell(GetParam().script), stop_when_ready());

  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "ready"));
}

// As above, when the program itself ends and leaves the others behind.
TEST_P(ProcessEscape, IsEndedWithTheProgram) {
  const std::string wait = "; while [ ! -e ready ]; do :; done; exit 0";
  const ProcessEnd end =
      run_process(shell("{ " + std::string(GetParam().script) + "; } & " + wait.substr(2)), {});

  EXPECT_EQ(end.kind, EndKind::Exited);
  EXPECT_EQ(end.code, 0);
}

INSTANTIATE_TEST_SUITE_P(
    All, ProcessEscape,
    ::testing::Values(
        Escape{"Child", "touch ready; tail -f /dev/null"},
        Escape{"IgnoresTerm", "trap '' TERM; touch ready; tail -f /dev/null"},
        Escape{"OwnSession", "setsid sh -c 'trap \"\" TERM HUP; touch ready; tail -f /dev/null'"},
        Escape{"Nohup", "nohup sh -c 'touch ready; tail -f /dev/null' >/dev/null 2>&1"},
        Escape{"DoubleFork",
               "(setsid sh -c '(trap \"\" TERM; touch ready; exec tail -f /dev/null) &' &) ; tail "
               "-f /dev/null"},
        Escape{"Stopped", "sh -c 'touch ready; kill -STOP $$'; tail -f /dev/null"},
        Escape{"ClosedDescriptors",
               "setsid sh -c 'exec <&- >&- 2>&-; : > ready; exec tail -f /dev/null' ; tail -f "
               "/dev/null"},
        Escape{"ManyDeep",
               "deep() { if [ $1 -gt 0 ]; then (deep $(($1 - 1))) & wait; else touch ready; tail "
               "-f /dev/null; fi; }; deep 30"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ProcessTest, EndsWhenItsOutputIsClosedByAnotherHolder) {
  // The program is done; its daemon still holds the output pipe open.
  const ProcessEnd end =
      run(shell("setsid sh -c 'touch ready; exec tail -f /dev/null' & while [ ! -e ready ]; do :; "
                "done; echo last"));

  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(out_, "last\n");
}

TEST_F(ProcessTest, DrainsHugeOutputWithoutGrowing) {
  OutputLog log(dir_.path() / "run.log", {1'000'000, 100'000});
  std::size_t bytes = 0;
  ProcessHooks hooks;
  hooks.output = [&](Stream, std::string_view text) {
    bytes += text.size();
    log.write(text);
  };
  rusage before{};
  getrusage(RUSAGE_SELF, &before);

  const ProcessEnd end = run_process(shell("head -c 100000000 /dev/zero; echo end"), hooks);

  log.close();
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(bytes, 100'000'004U);
  EXPECT_LT(std::filesystem::file_size(dir_.path() / "run.log"), 1'200'000U);
  EXPECT_TRUE(slurp(dir_.path() / "run.log").ends_with("\0end\n"));
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 20'000);  // kilobytes; the output has 97,656
}

TEST_F(ProcessTest, EndsEverythingWhenAHookThrows) {
  ProcessHooks hooks;
  hooks.output = [](Stream, std::string_view) { throw std::runtime_error("full"); };

  EXPECT_THROW(run_process(shell("echo x; setsid tail -f /dev/null"), hooks), std::runtime_error);
}

// With the supervisor gone, its child dies with it and the rest is found by its mark.
TEST_F(ProcessTest, IsLostWithItsSupervisorAndLeavesNothing) {
  ProcessSpec spec = shell(
      "setsid sh -c 'trap \"\" TERM; echo $PPID > pid; touch ready; while :; do echo more; done'");
  spec.environment[kRunVariable] = dir_.path().string();
  bool killed = false;
  ProcessHooks hooks;
  hooks.stop = [&] {
    if (killed || !std::filesystem::exists(dir_.path() / "ready")) return false;
    // The only child of this process is the supervisor.
    const pid_t shell_pid = std::stoi(slurp(dir_.path() / "pid"));
    for (const pid_t pid : descendants()) {
      if (slurp("/proc/" + std::to_string(pid) + "/comm") == "study-run\n") {
        EXPECT_NE(pid, shell_pid);
        kill(pid, SIGKILL);
        killed = true;
      }
    }
    return false;
  };

  const ProcessEnd end = run_process(spec, hooks);

  EXPECT_TRUE(killed);
  EXPECT_EQ(end.kind, EndKind::Lost);
}

TEST_F(ProcessTest, RunsAreIndependentOfEachOther) {
  std::vector<std::thread> threads;
  std::atomic<int> sum = 0;
  for (int i = 1; i <= 8; ++i) {
    threads.emplace_back(
        [&, i] { sum += run_process(shell("exit " + std::to_string(i)), {}).code; });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(sum, 36);
}

TEST_F(ProcessTest, DiesWithItsWorkerEvenIfThatIsKilled) {
  const pid_t worker = fork();
  if (worker == 0) {
    run_process(shell("setsid sh -c 'trap \"\" TERM; touch ready; tail -f /dev/null'"), {});
    _exit(0);
  }
  while (!std::filesystem::exists(dir_.path() / "ready")) usleep(1000);

  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);

  // The supervisor now ends the tree; TearDown would be too early to look.
  while (!processes_with(dir_.path().string()).empty()) usleep(1000);
}

TEST(FindProgram, LooksAlongThePathAndBesideTheExperiment) {
  const TempDir dir;
  studyhall::testing::write_script(dir.path() / "mine", "#!/bin/sh\n");
  studyhall::testing::spit(dir.path() / "data", "");
  const std::string path = "relative::/nowhere:" + dir.path().string();

  EXPECT_EQ(find_program("mine", path, "/"), dir.path() / "mine");
  EXPECT_EQ(find_program("./mine", "", dir.path()), dir.path() / "mine");
  EXPECT_EQ(find_program((dir.path() / "mine").string(), "", "/"), dir.path() / "mine");
  EXPECT_EQ(find_program("data", path, "/"), std::nullopt);
  EXPECT_EQ(find_program("./absent", "", dir.path()), std::nullopt);
  EXPECT_EQ(find_program("", path, dir.path()), std::nullopt);
}

// --- Processors and memory ---

TEST_F(ProcessTest, TheWholeTreeRunsOnItsProcessors) {
  cpu_set_t ours;
  CPU_ZERO(&ours);
  ASSERT_EQ(sched_getaffinity(0, sizeof ours, &ours), 0);
  int cpu = CPU_SETSIZE - 1;
  while (!CPU_ISSET(cpu, &ours)) --cpu;
  ProcessSpec spec = shell("(setsid sh -c 'grep Cpus_allowed_list /proc/self/status')");
  spec.cpus = {cpu};
  spec.nice = 5;

  EXPECT_EQ(run(spec).code, 0);

  EXPECT_EQ(out_, "Cpus_allowed_list:\t" + std::to_string(cpu) + "\n");
  cpu_set_t after;
  CPU_ZERO(&after);
  sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&ours, &after)) << "our own are as they were";
}

TEST_F(ProcessTest, ProcessorsThatAreNotToBeHadAreNoStart) {
  ProcessSpec spec = shell("echo ran");
  spec.cpus = {1023};
  const ProcessEnd end = run(spec);
  EXPECT_EQ(end.kind, EndKind::CannotStart);
  EXPECT_EQ(out_, "");
}

TEST_F(ProcessTest, TheTreeIsNice) {
  ProcessSpec spec = shell("nice");
  spec.nice = 5;
  run(spec);
  EXPECT_EQ(out_, std::to_string(getpriority(PRIO_PROCESS, 0) + 5) + "\n");
}

// A grandchild that holds 64 MB, of which the kernel must see every page written. Where the kernel
// itself keeps the bound (memory_cgroup_test.sh) the last page is not had.
TEST_F(ProcessTest, ATreeThatHoldsTooMuchMemoryIsKilled) {
  ProcessSpec spec =
      shell("sh -c 'head -c 67108864 /dev/zero | tail -c 67108864 | (read x; sleep 1000)'; exit 0");
  spec.memory_bytes = 32 << 20;
  const ProcessEnd end = run(spec);
  EXPECT_TRUE(end.out_of_memory);
  EXPECT_GT(end.memory_peak, spec.memory_bytes - (1 << 20));
}

TEST_F(ProcessTest, ATreeWithinItsMemoryIsLeftAlone) {
  ProcessSpec spec = shell("exit 3");
  spec.memory_bytes = std::uint64_t{8} << 30;
  const ProcessEnd end = run(spec);
  EXPECT_FALSE(end.out_of_memory);
  EXPECT_EQ(end.code, 3);
}

}  // namespace
}  // namespace studyhall::worker_shim
