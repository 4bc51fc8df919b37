// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "judge.h"

#include "reducer.h"
#include "text.h"

namespace tidemark::iommufd {

std::string_view word(Outcome outcome) {
  constexpr std::string_view kWords[] = {"agrees", "known", "diverges"};
  return kWords[static_cast<std::size_t>(outcome)];
}

Judge::Judge(const KernelTree& tree) : tree_(tree) {
  for (std::size_t format = 0; format < std::size(kFormats); ++format)
    if (tree.format(format)) quirks_[format] = quirks_of(tree, format);
}

namespace {

Judge::Judgement judgement_of(const Verdict& verdict) {
  const Outcome outcome = verdict.difference      ? Outcome::diverges
                          : verdict.acted.empty() ? Outcome::agrees
                                                  : Outcome::known;
  return {outcome, verdict.acted, verdict.difference};
}

}  // namespace

Judge::Judgement Judge::judge(const Program& program, const Lockstep::Show& show) const {
  return judgement_of(Lockstep(tree_, quirks_[program.format]).run(program, show));
}

Judge::Judgement Judge::judge_in_a_hurry(const Program& program) const {
  return judgement_of(Lockstep(tree_, quirks_[program.format]).run_in_a_hurry(program));
}

std::optional<Difference> Judge::against_contract(const Program& program) const {
  return Lockstep(tree_, {}).run(program).difference;
}

Program Judge::reduce(const Program& program, const Difference& difference) const {
  const std::string signature = difference.signature();
  return reduced(program, [&](const Program& smaller) {
    const Judgement judgement = judge(smaller);
    return judgement.difference && judgement.difference->signature() == signature;
  });
}

Program Judge::reduce(const Program& program, Quirk quirk) const {
  const auto alone = [&](const Program& smaller) {
    const Judgement judgement = judge(smaller);
    return judgement.outcome == Outcome::known && judgement.known == Quirks(quirk) &&
           against_contract(smaller);
  };
  const auto among_others = [&](const Program& smaller) {
    const Judgement judgement = judge(smaller);
    return judgement.outcome == Outcome::known && judgement.known.has(quirk);
  };
  Program smaller = reduced(program, among_others);
  return alone(smaller) ? reduced(smaller, alone) : smaller;
}

std::string report(const Program& program, const Difference& difference, std::string_view rule) {
  const std::size_t size = program.operations.size();
  std::string text = print(program);
  text += difference.step < size
              ? "\nstep " + decimal(difference.step + 1) + " of " + decimal(size) + ": "
              : "\nafter the last step: ";
  text += difference.kind == Kind::leak ? "the end" : print(difference.operation);
  text += "\nexpected  " + difference.expected + "\nactual    " + difference.actual;
  text += "\nrule      " + std::string(rule) + ": docs/iommufd-contract.md\n";
  return text;
}

}  // namespace tidemark::iommufd
