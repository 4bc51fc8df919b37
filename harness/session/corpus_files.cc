// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "corpus_files.h"

#include <sha1.h>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "files.h"
#include "program_bytes.h"
#include "program_file.h"
#include "subject_features.h"

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

std::string sha1_of(const std::string& content) {
  char digits[SHA1_DIGEST_STRING_LENGTH];
  SHA1Data(reinterpret_cast<const std::uint8_t*>(content.data()), content.size(), digits);
  return digits;
}

// libFuzzer names its files so, and does not look whether all of one arrives. Other names, as
// people give them, stand for nothing.
bool is_cut(const std::string& name, const std::string& content) {
  const bool is_digest =
      name.size() == 40 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_digest && sha1_of(content) != name;
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

}  // namespace tidemark::session
