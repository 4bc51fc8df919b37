// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fingerprint.h"

#include <set>

#include "normal_form.h"
#include "program_text.h"
#include "verbs.h"

namespace tidemark {

bool is_about_state(const Mismatch& mismatch) {
  return mismatch.signature.starts_with("lockstep.state.");
}

std::string kind_of(const Mismatch& mismatch, const Program& program) {
  static const std::string kWindow = ".window.", kInstead = "-instead-of-", kResult = ".result.",
                           kSize = ".size.", kOutside = ".outside", kState = "lockstep.state";
  std::string kind = mismatch.signature;
  if (!mismatch.known.empty()) return kind;
  if (!mismatch.closing.empty()) return "closing." + kind;
  if (is_about_state(mismatch) && mismatch.operation < program.operations.size())
    return "lockstep.after-" + std::string(name(program.operations[mismatch.operation].verb)) +
           kind.substr(kState.size());
  if (const auto at = kind.find(kWindow); at != std::string::npos)
    kind = "lockstep." + kind.substr(at + kWindow.size());
  if (const auto at = kind.find(kInstead); at != std::string::npos)
    kind = kind.substr(0, kind.find(kResult)) + ".not-" + kind.substr(at + kInstead.size());
  if (kind.ends_with(kOutside)) kind = kind.substr(0, kind.rfind('.')) + ".extra-dirty";
  if (const auto at = kind.find(kSize); at != std::string::npos) kind.resize(at + kSize.size() - 1);
  return kind;
}

std::string doings(const Program& program) {
  std::set<std::string> words;
  bool set_up = false;  // by now
  std::size_t mappings = 0;
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    mappings += operation.verb == Verb::map;
    if (is_transfer(operation.verb) && operation.address.bytes) words.insert("odd-bytes");
    const bool fault = operation.fault.kind != FaultKind::none;
    const bool bent = operation.bend.field != Field::none;
    if (i + 1 == program.operations.size()) {
      if (fault) words.insert("fault");
      if (bent) words.insert("bent");
      break;
    }
    set_up |= !sets_up(operation) || operation.verb == Verb::start;
    const bool hardware = operation.verb == Verb::attach && operation.flags & kHardware;
    const bool usual = sets_up(operation) && (!set_up || operation.verb == Verb::start);
    if (usual && !hardware && !fault && !bent) continue;
    words.insert((operation.when == When::now ? "" : "window_") +
                 std::string(hardware ? "hardware" : name(operation.verb)) +
                 (fault ? "_fault" : "") + (bent ? "_bent" : ""));
  }
  if (mappings > 1) words.insert("mappings");
  const Setup usual;
  if (program.setup.type != usual.type) words.insert("v1");
  if (program.setup.rule != usual.rule)
    words.insert(program.setup.rule == RangeRule::any ? "rule_any" : "rule_exact");
  if (program.setup.entries != usual.entries) words.insert("entries");
  if (program.setup.memlock_pages != usual.memlock_pages) words.insert("memlock");
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "-") + word;
  return text;
}

}  // namespace tidemark
