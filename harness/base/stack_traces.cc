// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stack_traces.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "subprocess.h"

namespace tidemark {
namespace {

constexpr unsigned kSymbolizerSeconds = 20;

struct Address {
  std::string module, offset;
  auto operator<=>(const Address&) const = default;
};

struct Name {
  std::string function, place;  // place: file:line:column
};
// Of an address: the functions that are inlined there, the innermost first, and the
// one that they are inlined in. Empty where nothing can name it.
using Names = std::vector<Name>;

// "    #3 0x55d0c0ffee  (/folder/program+0xffee) (BuildId: ...)"
struct Frame {
  std::string head;  // what comes before the module
  Address address;
};

std::optional<Frame> frame_of(const std::string& line) {
  const auto number = line.find_first_not_of(' ');
  if (number == std::string::npos || line[number] != '#') return std::nullopt;
  const auto open = line.find('('), plus = line.rfind("+0x");
  if (open == std::string::npos || plus == std::string::npos || plus < open) return std::nullopt;
  const auto close = line.find(')', plus);
  return Frame{line.substr(0, open),
               {line.substr(open + 1, plus - open - 1), line.substr(plus + 1, close - plus - 1)}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string own_program() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).string();
}
// As it was when we began: a build that goes on meanwhile puts another program there.
const std::string kOwnProgram = own_program();

// The file that has the names of a module.
std::string object_of(const std::string& module) {
  const std::string path = module.substr(0, module.find(" (deleted)"));
  return path == kOwnProgram ? "/proc/" + std::to_string(getpid()) + "/exe" : path;
}

std::string ask_symbolizer(const std::string& module, const std::vector<std::string>& offsets) {
  const char* own = std::getenv("ASAN_SYMBOLIZER_PATH");
  std::vector<std::string> words = {own ? own : "llvm-symbolizer-19", "--obj=" + object_of(module)};
  words.insert(words.end(), offsets.begin(), offsets.end());
  const Ending ending = run_program(words, kSymbolizerSeconds);
  return ending.fine ? ending.said : std::string();
}

// Names those of `addresses` in one module that are not in `names`.
void name_all(const std::string& module, const std::vector<std::string>& offsets,
              std::map<Address, Names>& names) {
  const std::vector<std::string> lines = lines_of(ask_symbolizer(module, offsets));
  // For each address pairs of lines, function and place, then an empty one.
  std::size_t at = 0;
  for (const std::string& offset : offsets) {
    Names& chain = names[{module, offset}];
    for (; at + 1 < lines.size() && !lines[at].empty(); at += 2)
      if (lines[at] != "??") chain.push_back({lines[at], lines[at + 1]});
    ++at;
  }
}

// A child has its parent's addresses, and each is asked for only once.
const std::map<Address, Names>& names_in(const std::string& said) {
  static std::map<Address, Names> names;
  std::map<std::string, std::vector<std::string>> unknown;
  for (const std::string& line : lines_of(said))
    if (const auto frame = frame_of(line); frame && !names.contains(frame->address)) {
      names[frame->address];  // each once: stacks share frames, and recursion repeats them
      unknown[frame->address.module].push_back(frame->address.offset);
    }
  for (const auto& [module, offsets] : unknown) name_all(module, offsets, names);
  return names;
}

bool is_of_harness(const std::string& place) {
  return place.find("/harness/") != std::string::npos;
}

// What stands in for the kernel's functions is called from everywhere, and says of nobody which.
bool stands_in_for_kernel(const std::string& place) {
  return place.find("/os_user/") != std::string::npos;
}

bool is_of(std::string_view sources, const Frame& frame, const Name& name) {
  if (frame.address.module == sources) return true;
  return name.place.find(sources) != std::string::npos && !stands_in_for_kernel(name.place);
}

// Bytes of the sanitizer's own bookkeeping, and what each may mean: up to the "==PID==" of its end.
constexpr std::string_view kShadowBegins = "Shadow bytes around the buggy address";

// One stack, and what is shown of it.
class Stack {
 public:
  void add(const Frame& frame, const std::string& line, const Names& names,
           std::string_view sources) {
    if (names.empty()) lines_.push_back({line + "\n", Whose::others});
    for (const Name& name : names) {
      const Whose whose = is_of(sources, frame, name) ? Whose::theirs
                          : is_of_harness(name.place) ? Whose::harness
                                                      : Whose::others;
      lines_.push_back({frame.head + "in " + name.function + " " + name.place + "\n", whose});
    }
  }

  // Who called them last is no news. Between two calls of theirs, what the harness does for a
  // driver, or for the user, is one line.
  std::string text() const {
    const auto is = [](Whose whose) {
      return [whose](const Line& line) { return line.whose == whose; };
    };
    const auto last = std::find_if(lines_.rbegin(), lines_.rend(), is(Whose::theirs)).base();
    const auto end = last == lines_.begin() ? lines_.end()
                                            : std::find_if(last, lines_.end(), is(Whose::harness));
    std::string text;
    bool in_theirs = false, called_back = false;
    for (auto line = lines_.begin(); line != end; ++line) {
      if (line->whose == Whose::theirs) {
        in_theirs = true;
        called_back = false;
      } else if (in_theirs && !called_back && line->whose == Whose::harness) {
        called_back = true;
        text += "    ... the harness, which they called\n";
      }
      if (!called_back) text += line->text;
    }
    return text;
  }

 private:
  enum class Whose : std::uint8_t { theirs, harness, others };
  struct Line {
    std::string text;
    Whose whose;
  };
  std::vector<Line> lines_;
};

}  // namespace

std::string function_in(std::string_view sources, const std::string& said) {
  const auto& names = names_in(said);
  for (const std::string& line : lines_of(said)) {
    const auto frame = frame_of(line);
    if (!frame) continue;
    for (const Name& name : names.at(frame->address))
      if (is_of(sources, *frame, name)) return name.function;
  }
  return {};
}

std::string symbolized(const std::string& said, std::string_view sources) {
  const auto& names = names_in(said);
  std::string result;
  Stack stack;
  bool in_shadow = false;
  for (const std::string& line : lines_of(said)) {
    const auto frame = frame_of(line);
    if (frame) {
      stack.add(*frame, line, names.at(frame->address), sources);
      continue;
    }
    result += std::exchange(stack, {}).text();
    in_shadow = line.starts_with(kShadowBegins) || (in_shadow && !line.starts_with("=="));
    if (!in_shadow) result += line + "\n";
  }
  return result + stack.text();
}

std::vector<std::vector<std::string>> calls_in(std::string_view sources, const std::string& said) {
  const auto& names = names_in(said);
  std::vector<std::vector<std::string>> stacks;
  for (const std::string& line : lines_of(said)) {
    const auto frame = frame_of(line);
    if (!frame) continue;
    if (frame->head.find("#0 ") != std::string::npos) stacks.emplace_back();
    if (stacks.empty()) continue;
    for (const Name& name : names.at(frame->address))
      if (is_of(sources, *frame, name)) stacks.back().push_back(name.function);
  }
  for (auto& calls : stacks) std::ranges::reverse(calls);
  return stacks;
}

}  // namespace tidemark
