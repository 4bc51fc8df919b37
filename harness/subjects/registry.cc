// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "registry.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "check.h"
#include "factories.h"
#include "foreign.h"
#include "text.h"

namespace tidemark {

UnderTest UnderTest::counting(std::string_view known_differences) const {
  UnderTest result = *this;
  result.known = known_differences;
  return result;
}

std::unique_ptr<Lockstep> UnderTest::lockstep(const LeftOut& left_out) const {
  auto result = make(known);
  result->leave_out(left_out);
  return result;
}

std::string UnderTest::finding_name(const std::string& name) const {
  return subject == kTracker ? name : subject_label(subject) + "." + name;
}

std::string subject_label(std::string_view subject) {
  if (const std::size_t comma = subject.find(','); comma != std::string_view::npos)
    return subject_label(subject.substr(0, comma)) + "-against-" +
           subject_label(subject.substr(comma + 1));
  if (is_library(subject)) return std::filesystem::path(subject).stem().string();
  if (subject.find('/') != std::string_view::npos) {
    std::string folder = std::filesystem::path(subject).filename().string();
    if (folder.ends_with(".tar.xz")) folder.resize(folder.size() - 7);
    std::ranges::replace_if(
        folder, [](unsigned char c) { return !std::isalnum(c) && !std::strchr("._+-", c); }, '_');
    return folder;
  }
  return std::string(subject);
}

std::string subject_option(std::string_view subject) {
  return subject == kTracker ? "" : " --subject " + shell_word(subject);
}

UnderTest the_tracker() {
  return {kTracker, "/impl/", [](std::string_view) {
            return std::make_unique<Lockstep>(make_tracker, make_reference);
          }};
}

std::optional<UnderTest> find_under_test(std::string_view subject, std::string* why) {
  std::string complaint;
  if (subject == kTracker) return the_tracker();
  for (const UnderTest& peer : peers())
    if (peer.subject == subject) return peer;
  auto found = find_peer(subject, complaint);
  if (!found && complaint.empty() && is_library(subject)) found = load_library(subject, complaint);
  if (found) return found;
  if (!complaint.empty()) {
    if (why) *why = complaint;
    return std::nullopt;
  }
  std::string names(kTracker);
  for (const UnderTest& peer : peers()) names += ", " + std::string(peer.subject);
  if (why)
    *why = "there is no subject " + quoted_path(subject) +
           ", only linux:DIR, ./LIBRARY.so, and: " + names;
  return std::nullopt;
}

UnderTest under_test_by_environment() {
  const char* subject = std::getenv(kSubjectVariable);
  std::string why;
  const auto found = find_under_test(subject ? subject : kTracker, &why);
  if (!found) fail("no-such-subject", why + "\n");
  return found->counting(std::getenv(kWithKnownVariable) ? kAllKnown : "");
}

std::vector<Program> programs_by_environment(const Program& program) {
  std::vector<Program> programs = {program};
  if (!std::getenv(kAllStoresVariable)) return programs;
  for (std::size_t i = 0; i < kStores; ++i) {
    const auto store = static_cast<StoreKind>(i);
    if (store == program.setup.store) continue;
    programs.push_back(program);
    programs.back().setup.store = store;
  }
  return programs;
}

}  // namespace tidemark
