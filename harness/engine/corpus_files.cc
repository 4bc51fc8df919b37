// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "corpus_files.h"

#include <fmt/core.h>
#include <sha1.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "files.h"
#include "program_bytes.h"
#include "program_file.h"
#include "subject_features.h"
#include "text.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

// Nothing for what is no input.
std::optional<std::string> content_of(const fs::path& path) {
  try {
    std::string content = read_file(path, kMaxProgramBytes + 1);
    if (content.size() <= kMaxProgramBytes) return content;
    return std::nullopt;
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

std::string sha1_of(std::string_view content) {
  char digits[SHA1_DIGEST_STRING_LENGTH];
  SHA1Data(reinterpret_cast<const std::uint8_t*>(content.data()), content.size(), digits);
  return digits;
}

// libFuzzer names its files so, what a process ended on with "crash-" and the like before it, and
// does not look whether all of one arrives. Other names, as people give them, stand for nothing:
// then it is empty.
std::string digest_in(const std::string& name) {
  constexpr std::size_t kDigits = 2 * SHA1_DIGEST_LENGTH;
  if (name.size() < kDigits) return {};
  const std::size_t from = name.size() - kDigits;
  const bool is_one = name.find_first_not_of("0123456789abcdef", from) == std::string::npos;
  return is_one && (from == 0 || name[from - 1] == '-') ? name.substr(from) : std::string();
}

bool is_cut(const std::string& name, std::string_view content) {
  const std::string digest = digest_in(name);
  return !digest.empty() && sha1_of(content) != digest;
}

}  // namespace

CorpusLook look_at_corpus(const fs::path& corpus, const fs::path& aside, const UnderTest& tested) {
  CorpusLook look;
  const std::vector<fs::directory_entry> entries(fs::directory_iterator(corpus), {});
  for (const auto& entry : entries) {
    if (!entry.is_regular_file()) continue;
    ++look.files;
    const auto content = content_of(entry.path());
    if (!content) {
      ++look.unreadable;
      fs::rename(entry.path(), aside / entry.path().filename());
      continue;
    }
    if (is_cut(entry.path().filename().string(), *content)) {
      ++look.cut;
      fs::remove(entry.path());
      continue;
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(content->data());
    const Program program = fitted(decode({bytes, content->size()}), tested.features);
    look.idle += program.operations.empty() || program.setup.bitmap_words > kFuzzedBitmapWords;
  }
  return look;
}

InputPut put_input(const fs::path& file, const fs::path& input) {
  if (file.extension() != ".trace") {
    fs::create_symlink(fs::absolute(file), input);
    return {};
  }
  auto loaded = load_as_bytes(file.string());
  if (auto* message = std::get_if<std::string>(&loaded)) return {std::move(*message), {}};
  if (auto* none = std::get_if<NoBytes>(&loaded)) return {{}, std::move(none->why)};
  write_file(input, characters(std::get<std::vector<std::uint8_t>>(loaded)));
  return {};
}

bool keep_last_input(const fs::path& file, const std::vector<std::uint8_t>& ran) {
  const std::string name = file.filename().string();
  const auto there = read_if_there(file);
  if (there && !is_cut(name, *there)) return true;
  if (!digest_in(name).empty() && !is_cut(name, characters(ran))) {
    write_file(file, characters(ran), Survives::process);
    return true;
  }
  fs::remove(file);
  fmt::print(stderr,
             "tidemark: an input on which a process ended, {}, is not whole, and was taken away:\n"
             "  what it shows has to be found again\n",
             quoted_path(name));
  return false;
}

fs::path with_what_ran(const fs::path& file, const std::vector<std::uint8_t>& ran) {
  const std::string name = file.filename().string();
  fs::path path = file;
  path.replace_filename(name.substr(0, name.size() - digest_in(name).size()) +
                        sha1_of(characters(ran)));
  write_file(path, characters(ran), Survives::process);
  if (path != file) fs::remove(file);
  return path;
}

}  // namespace tidemark::session
