// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A command, and what it asks of VFIO as a program.
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <variant>

#include "commands.h"
#include "files.h"
#include "import_log.h"
#include "text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct RecordOptions {
  std::vector<std::string> words;
  std::string recorder;
  std::string output = "recorded.trace";
};

constexpr const char* kPreload = "LD_PRELOAD";
constexpr const char* kLog = "TIDEMARK_RECORD_LOG";  // as record/log_file.h has it

// The environment of this process, but for the two variables.
std::vector<std::string> environment_with(const fs::path& recorder, const fs::path& log) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with(std::string(kPreload) + "=") &&
        !text.starts_with(std::string(kLog) + "="))
      variables.emplace_back(text);
  }
  const char* others = std::getenv(kPreload);
  const bool any = others && *others;
  variables.push_back(std::string(kPreload) + "=" + recorder.string() + (any ? ":" : "") +
                      (any ? others : ""));
  variables.push_back(std::string(kLog) + "=" + log.string());
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The signals that are the command's affair, for as long as this lives: from a terminal it gets
// them as well as we do, and from elsewhere by way of us.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&held_, number);
    sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const sigset_t& before() const { return before_; }

  // What waitpid() says of the process, once it has ended.
  int wait_for(pid_t process) const {
    for (int status = 0;;) {
      if (waitpid(process, &status, WNOHANG) == process) return status;
      siginfo_t signal = {};
      const int number = sigwaitinfo(&held_, &signal);
      const bool from_somebody =
          signal.si_code == SI_USER || signal.si_code == SI_QUEUE || signal.si_code == SI_TKILL;
      if (number > 0 && number != SIGCHLD && from_somebody) kill(process, number);
    }
  }

 private:
  sigset_t held_ = {}, before_ = {};
};

// Its exit code, as a shell has it; or what is wrong, if it could not be started.
std::variant<int, std::string> run_recorded(std::vector<std::string> words,
                                            std::vector<std::string> variables) {
  const HeldSignals signals;
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &signals.before());
  sigset_t ignored;  // by us, and not by whoever called us
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t process = -1;
  const int error = posix_spawnp(&process, words[0].c_str(), nullptr, &attributes,
                                 pointers_to(words).data(), pointers_to(variables).data());
  posix_spawnattr_destroy(&attributes);
  if (error) return quoted_path(words[0]) + ": " + std::strerror(error);
  constexpr int kKilled = 128;
  const int status = signals.wait_for(process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kKilled + WTERMSIG(status);
}

// Makes a program of the log, if there is something in it. What it says is no reason for another
// exit code than the command's.
void make_program(const fs::path& log, const std::string& output) {
  if (!fs::exists(log)) {
    complain(
        "the recorder was not loaded: the command is a static program, or gets other rights "
        "than ours when it is started");
  } else if (fs::is_empty(log)) {
    fs::remove(log);
    complain(
        "nothing was recorded: no call on a container of VFIO came by. What a static program "
        "calls that the command starts, or one that goes past libc, does not");
  } else {
    const auto result = import_logs({log.string()});
    if (const auto* message = std::get_if<std::string>(&result)) {
      complain(*message);
    } else {
      const auto& imported = std::get<ImportedLog>(result);
      write_file(output, imported.program);
      for (const std::string& note : imported.notes) complain(note);
      complain("the program is in " + quoted_path(output) + ", its log in " +
               quoted_path(log.string()));
    }
  }
}

int record(const RecordOptions& options) {
  const fs::path recorder = fs::absolute(options.recorder);
  if (!fs::exists(recorder)) return complain(quoted_path(recorder.string()) + " is not there");
  if (recorder.string().find_first_of(" :") != std::string::npos)
    return complain(quoted_path(recorder.string()) +
                    ": nothing can be loaded from a folder with a space or a colon in its name");
  const fs::path log = fs::absolute(options.output + ".log");
  write_file(log, "");  // can it be written at all?
  fs::remove(log);
  const auto code = run_recorded(options.words, environment_with(recorder, log));
  if (const auto* wrong = std::get_if<std::string>(&code)) return complain(*wrong);
  try {
    make_program(log, options.output);
  } catch (const std::system_error& error) {
    complain(error.what());
  }
  return std::get<int>(code);
}

}  // namespace

void add_record(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("record", "Make a program of what a command asks of VFIO");
  auto options = std::make_shared<RecordOptions>();
  command->add_option("COMMAND", options->words, "What is called, with its arguments")->required();
  command->add_option("-o,--output", options->output, "Where to: FILE; its log is FILE.log")
      ->capture_default_str();
  by_wrapper(command->add_option("--recorder", options->recorder, "The library of record/"));
  command->positionals_at_end();
  command->footer(
      "COMMAND is QEMU, SPDK, DPDK, cloud-hypervisor, a script that starts one, or whatever else\n"
      "uses VFIO. It runs as ever, with a library loaded that writes down each of its calls on\n"
      "containers of /dev/vfio/vfio, with what came out (docs/recorder.md). When it has ended, or\n"
      "was killed, that becomes a program, which expects what came out. What devices wrote is in\n"
      "no call: of emulated groups it is what queries found, and comments say so.\n"
      "  ./tidemark record -o lost.trace qemu-system-x86_64 ...\n"
      "  ./tidemark replay lost.trace\n"
      "FILE.log is text, and ./tidemark import FILE.log makes the program again. Of several\n"
      "containers it has the one with the most operations: import --container N has another.\n"
      "Not seen are static programs, programs that get other rights when they are started, and\n"
      "calls that go past libc. No address of the process gets into the program, nor a name.\n"
      "Exit code: COMMAND's, or 128 and the number of the signal that ended it; 2 COMMAND could\n"
      "not be started, or FILE.log not be written.");
  on_call(*command, action, options, record);
}

}  // namespace tidemark::cli
