// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What was found, as folders that a stranger can understand: findings/NAME with
//   input             the bytes or the text that showed it first
//   program.trace     the reduced program as text
//   report.txt        what should have happened, what did, the picture
//   report.html       the same for a bug report; needs nothing from outside
//   environment.json  subject, its origin, commit, compiler, options
//   count             how often it was found
//   before.trace      programs that have to run before it in the same process, if it takes any
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis.h"
#include "files.h"
#include "finding_name.h"
#include "picture.h"
#include "registry.h"

namespace tidemark {

struct Finding {
  std::string subject = std::string(kTracker);
  std::string name;
  std::vector<std::uint8_t> input;
  std::optional<Program> program;    // reduced; nothing if the input could not be reduced
  std::string report;                // expected, actual; lines
  Picture picture;                   // without columns if there is nothing to draw
  std::vector<Program> before = {};  // in the same process, or else it does not show
};

// From a diagnosis of `input`; runs the lockstep once more for the picture.
Finding make_finding(const UnderTest& tested, Lockstep& lockstep, const Diagnosis& diagnosis,
                     std::span<const std::uint8_t> input);

// The lines that say what is wrong with a program: what should have been, what was, what brought
// it about, which rule that breaks.
std::string report_of(const Mismatch& mismatch, const Naming& naming, const Program& program);

// Its program as a user has made it smaller once more, in its folder.
inline constexpr const char* kReduced = "program.min.trace";

// What was filed, as its folder has it.
struct FiledFinding {
  std::string name;
  std::filesystem::path folder;
  std::string subject, report;
  std::string program;  // the text of the reduced one; empty if there is none
  std::size_t count = 0;
};

// The folder of all findings. What a call has returned survives the end of the
// process and of the machine; a call that fails has changed nothing that was
// filed before. What a killed process had not finished is cleared away by the
// next call. Several processes may file in one folder. All functions throw
// std::system_error, naming the file.
class FindingStore {
 public:
  // Made when the first finding is filed.
  explicit FindingStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Filed {
    std::filesystem::path folder;
    bool is_new = false;
    std::size_t count = 0;
    // Where it took the place of a longer program: how many operations that had.
    std::optional<std::size_t> instead_of = {};
  };
  // A name that is known already counts one more, and keeps the shorter program; the report says of
  // that one whose place it took.
  Filed file(const Finding& finding);

  // Takes a finding's folder away; files that are not of a finding stay, and
  // then so does the folder.
  static void remove(const std::filesystem::path& folder);

  // Names, in alphabetical order.
  std::vector<std::string> names() const;
  std::size_t count(const std::string& name) const;
  // By name. What goes while they are read is left out.
  std::vector<FiledFinding> all() const;
  std::filesystem::path folder_of(const std::string& name) const;

 private:
  void write_files(UnfinishedFolder& to, const Finding& finding, std::size_t count) const;

  std::filesystem::path folder_;
};

// Wherever a program is asked for, a finding's folder will do. Its program; any other path
// as it is.
std::filesystem::path program_in(const std::filesystem::path& path);
// In which subject a finding's folder says that it was found; the tracker if it does not, or
// is none.
std::string subject_in(const std::filesystem::path& path);
// What has to run before it; nothing if its before.trace has something else than programs.
std::optional<std::vector<Program>> programs_before(const std::filesystem::path& path);

// Programs as one text, and back: each begins with its container. Nothing if the text is not
// of that kind.
std::string text_of_all(const std::vector<Program>& programs);
std::optional<std::vector<Program>> programs_of(std::string_view text);

// The command that replays a finding, of which `what` is the folder or a file.
std::string replay_command(const Finding& finding, const std::filesystem::path& what);
// A finding's reduced program as a text file, with comments that say what it
// shows and how to replay it: by `what`, as for replay_command().
std::string trace_text(const Finding& finding, const std::filesystem::path& what);

}  // namespace tidemark
