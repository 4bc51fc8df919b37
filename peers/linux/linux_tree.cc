// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "linux_tree.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "files.h"
#include "linux_kernel.h"
#include "linux_subject.h"
#include "program_file.h"
#include "quirked_lockstep.h"
#include "text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

struct Tree {
  LinuxVersion version;
  std::string origin;
};
std::map<std::string, Tree, std::less<>>& trees() {
  static std::map<std::string, Tree, std::less<>> loaded;  // by subject
  return loaded;
}

// As scripts/linux_tree.sh calls it: the path with '%' for '/'.
fs::path folder_of(const fs::path& tree) {
  std::string name = tree.string();
  std::ranges::replace(name, '/', '%');
  return fs::path(TIDEMARK_LINUX_TREES) / name;
}

bool differs(const LinuxVersion& version, const Program& program, reference::Quirks quirks) {
  try {
    return QuirkedLockstep(version.make_careful, quirks).run(program).has_value();
  } catch (const LinuxStopped&) {
    return true;
  }
}

// It has not the difference that the program shows if the reference agrees with it only without
// the quirk. Where neither agrees, it may be for another quirk that it has not.
bool is_without(const LinuxVersion& version, const KnownDifference& entry, const Program& program) {
  reference::Quirks with = quirks_of(version), without = with;
  without.remove(*entry.quirk);
  return differs(version, program, with) && !differs(version, program, without);
}

// Empty, or why it could not be done.
std::string ask(LinuxVersion& version) {
  std::map<const KnownDifference*, Program> programs;
  for (const KnownDifference& entry : known_differences()) {
    version.known.push_back(&entry);
    if (!entry.quirk) continue;
    const fs::path path =
        fs::path(TIDEMARK_KNOWN_DIFFERENCES_DIR) / (entry.name + std::string(".trace"));
    auto loaded = load_program(path.string(), Form::text);
    if (const auto* message = std::get_if<std::string>(&loaded)) return *message;
    programs.emplace(&entry, std::get<LoadedProgram>(std::move(loaded)).program);
  }
  for (bool found = true; found;) {
    found = false;
    for (const auto& [entry, program] : programs) {
      if (!version.has(*entry) || !is_without(version, *entry, program)) continue;
      std::erase(version.known, entry);
      found = true;
    }
  }
  return {};
}

std::string load(Tree& tree, const fs::path& sources) {
  const fs::path folder = folder_of(sources);
  void* handle = dlopen((folder / "tree.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* error = dlerror();
    return quoted_path(sources.string()) +
           " has not been built as a subject: " + (error ? error : "unknown error");
  }
  const auto* type1 = static_cast<const linux_type1*>(dlsym(handle, "linux_tree"));
  if (!type1) return quoted_path(folder.string()) + " has a tree.so that is none";
  tree.version.name = std::string(kTreePrefix) + sources.string();
  tree.version.make = linux_factory(*type1, false);
  tree.version.make_careful = linux_factory(*type1, true);
  const std::string origin = read_if_there(folder / "origin").value_or("");
  tree.origin = origin.substr(0, origin.find('\n'));
  return ask(tree.version);
}

}  // namespace

const LinuxVersion* load_linux_tree(std::string_view subject, std::string& why) {
  std::error_code error;
  const std::string_view given = subject.substr(kTreePrefix.size());
  const fs::path sources = fs::canonical(fs::path(given), error);
  if (error) {
    why = quoted_path(given) + ": " + error.message();
    return nullptr;
  }
  const auto [at, is_new] = trees().try_emplace(std::string(kTreePrefix) + sources.string());
  if (!is_new) return &at->second.version;
  why = load(at->second, sources);
  if (why.empty()) return &at->second.version;
  trees().erase(at);
  return nullptr;
}

const LinuxVersion* find_linux_version(std::string_view subject, std::string& why) {
  if (subject.starts_with(kTreePrefix)) return load_linux_tree(subject, why);
  const auto found = std::ranges::find(linux_versions(), subject, &LinuxVersion::name);
  if (found != linux_versions().end()) return &*found;
  why = "there is no Linux " + quoted_path(subject) + ", only: linux:DIR";
  for (const LinuxVersion& version : linux_versions()) why += ", " + version.name;
  return nullptr;
}

std::string_view origin_of_tree(const LinuxVersion& version) {
  const auto found = trees().find(version.name);
  return found == trees().end() ? std::string_view() : found->second.origin;
}

}  // namespace tidemark
