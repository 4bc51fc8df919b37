// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "foreign.h"

#include <dlfcn.h>
#include <tidemark/subject.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "factories.h"
#include "foreign_subject.h"
#include "subprocess.h"
#include "text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSymbol = "tidemark_subject_functions";

// Bits of the interface are features, in their order.
constexpr std::uint32_t bit(Feature feature) { return 1u << static_cast<unsigned>(feature); }
static_assert(bit(Feature::hardware_groups) == TIDEMARK_SUBJECT_HARDWARE_GROUPS);
static_assert(bit(Feature::pins) == TIDEMARK_SUBJECT_PINS);
static_assert(bit(Feature::rw) == TIDEMARK_SUBJECT_RW);
static_assert(bit(Feature::devices) == TIDEMARK_SUBJECT_DEVICES);
static_assert(bit(Feature::get_info) == TIDEMARK_SUBJECT_GET_INFO);
static_assert(bit(Feature::processes) == TIDEMARK_SUBJECT_PROCESSES);
static_assert(bit(Feature::locked_limits) == TIDEMARK_SUBJECT_LOCKED_LIMITS);
static_assert(bit(Feature::allocation_faults) == TIDEMARK_SUBJECT_ALLOCATION_FAULTS);
static_assert(bit(Feature::range_rules) == TIDEMARK_SUBJECT_RANGE_RULES);
static_assert(bit(Feature::version_1) == TIDEMARK_SUBJECT_VERSION_1);
static_assert(bit(Feature::state) == TIDEMARK_SUBJECT_STATE);
static_assert(bit(Feature::leftovers) == TIDEMARK_SUBJECT_LEFTOVERS);

// A function that every library has, or those with a feature.
struct Due {
  const char* name;
  bool there;
  std::optional<Feature> with = std::nullopt;
};

// In words, what a library lacks of what it has to have, or says that it has.
std::string missing_function(const tidemark_subject& f, Features features) {
  const Due due[] = {
      {"create", f.create != nullptr},
      {"release", f.release != nullptr},
      {"ioctl", f.ioctl != nullptr},
      {"attach", f.attach != nullptr},
      {"detach", f.detach != nullptr},
      {"enroll", f.enroll != nullptr, Feature::devices},
      {"withdraw", f.withdraw != nullptr, Feature::devices},
      {"pin", f.pin != nullptr, Feature::pins},
      {"unpin", f.unpin != nullptr, Feature::pins},
      {"rw", f.rw != nullptr, Feature::rw},
      {"sizes", f.sizes != nullptr, Feature::state},
      {"locked_pages", f.locked_pages != nullptr, Feature::state},
      {"visit", f.visit != nullptr, Feature::state},
  };
  for (const Due& one : due) {
    if (one.there || (one.with && !features.has(*one.with))) continue;
    const std::string without = std::string(" without the function ") + one.name + "()";
    return one.with ? "says that it has " + std::string(name(*one.with)) + "," + without
                    : "is" + without;
  }
  return {};
}

// The same of features that are of no use alone.
std::string missing_feature(Features features) {
  constexpr std::pair<Feature, Feature> kNeeds[] = {
      {Feature::hardware_groups, Feature::get_info},  // where users learn of P
      {Feature::pins, Feature::devices},              // without one, nothing is pinned (D5)
      {Feature::allocation_faults, Feature::state},   // where they show (D19)
  };
  for (const auto& [feature, needed] : kNeeds)
    if (features.has(feature) && !features.has(needed))
      return "says that it has " + std::string(name(feature)) + ", and not " +
             std::string(name(needed)) + ", which that needs";
  return {};
}

// In words, what is wrong with what the library exports.
std::string complaint_about(const tidemark_subject& f) {
  if (f.abi != TIDEMARK_SUBJECT_ABI)
    return "has the interface of number " + std::to_string(f.abi) + ", and not " +
           std::to_string(TIDEMARK_SUBJECT_ABI);
  if (f.bytes > sizeof(tidemark_subject) || f.bytes % sizeof(void*))
    return "has a struct of " + std::to_string(f.bytes) + " bytes, and none of at most " +
           std::to_string(sizeof(tidemark_subject)) + ", which is what is known here";
  return {};
}

std::string complaint_about_features(const tidemark_subject& f) {
  const Features features(f.features);
  if (const std::uint32_t unknown = f.features & ~Features::all().bits())
    return "has features that are not known here: " + hex(unknown);
  if (std::string missing = missing_function(f, features); !missing.empty()) return missing;
  return missing_feature(features);
}

// The loader's words have the path in front already.
std::string loader_error() {
  const char* error = dlerror();
  return error ? error : "unknown error";
}

// What a process says and dies of that loads it: a runtime of another compiler, what the
// library does before main(). Empty if it lives.
std::string deadly(const std::string& path) {
  constexpr unsigned kSeconds = 20;
  const Ending ending =
      run_apart([&path] { dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); }, kSeconds);
  if (ending.fine) return {};
  return "ends the process that loads it: " + quote(ending.said.substr(0, ending.said.find('\n')));
}

// Names of findings and of folders begin with it.
bool is_plain(const std::string& label) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
  return !label.empty() && label[0] != '.' && label.find_first_not_of(kPlain) == std::string::npos;
}

// Empty, and `library` filled; or what is wrong, in words.
std::string load(Library& library) {
  if (std::string died = deadly(library.path); !died.empty()) return died;
  // Everything at once: what it lacks shows now, and not in the middle of a program.
  void* handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return "cannot be loaded: " + loader_error();
  const auto* functions = static_cast<const tidemark_subject*>(dlsym(handle, kSymbol));
  if (!functions) return std::string("does not export ") + kSymbol;
  if (std::string complaint = complaint_about(*functions); !complaint.empty()) return complaint;
  // A library that is older has fewer functions at the end.
  std::memcpy(&library.functions, functions, functions->bytes);
  library.features = Features(library.functions.features);
  return complaint_about_features(library.functions);
}

UnderTest under_test(const Library& library) {
  const auto make = [&library](std::string_view) {
    return std::make_unique<Lockstep>(
        [&library](const Setup& setup, World& world) {
          return make_foreign(library, setup, world);
        },
        make_reference);
  };
  const char* sources = library.functions.sources;
  return {.subject = library.path,
          .sources = sources && *sources ? sources : std::string_view(library.path),
          .make = make,
          .features = library.features};
}

}  // namespace

bool is_library(std::string_view subject) {
  const std::size_t slash = subject.find('/');
  if (subject.find(':') < slash) return false;
  return slash != std::string_view::npos || subject.ends_with(".so");
}

std::optional<UnderTest> load_library(std::string_view path, std::string& why) {
  static std::map<std::string, Library, std::less<>> libraries;  // by path
  std::error_code error;
  const fs::path found = fs::canonical(fs::path(path), error);
  if (error) {
    why = quoted_path(path) + ": " + error.message();
    return std::nullopt;
  }
  const auto [at, is_new] = libraries.try_emplace(found.string());
  Library& library = at->second;
  if (!is_new) return under_test(library);
  library.path = found.string();
  std::string complaint = load(library);
  if (complaint.empty() && !is_plain(subject_label(library.path)))
    complaint = "has a name that findings cannot have: letters, digits, '.', '_', '+', '-'";
  if (complaint.empty()) return under_test(library);
  libraries.erase(at);
  why = quoted_path(path) + " " + complaint;
  return std::nullopt;
}

}  // namespace tidemark
