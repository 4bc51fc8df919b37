// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What ./tidemark mutants changes in a file of C, how a change is named, and which are
// known to change nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "changed_lines.h"
#include "equivalents.h"
#include "files.h"
#include "make_mutants.h"
#include "subprocess.h"
#include "temporary_folder.h"

namespace tidemark::mutants {
namespace {

namespace fs = std::filesystem;
using std::string;

std::vector<string> words(const string& source) {
  std::vector<string> texts;
  for (const Token& token : c_tokens(source)) texts.emplace_back(token.text);
  return texts;
}

string joined(const std::vector<string>& lines) {
  string text;
  for (const string& line : lines) text += (text.empty() ? "" : " / ") + line;
  return text;
}

// Of the function body `body`: "what goes => what comes", each mutant of that kind.
std::set<string> changes(Mutation kind, const string& body) {
  std::set<string> found;
  for (const Mutant& mutant : make_mutants("a.c", "int f(void)\n{\n" + body + "\n}\n"))
    if (mutant.kind == kind) found.insert(joined(mutant.removed) + " => " + joined(mutant.added));
  return found;
}

using Changes = std::set<string>;

TEST(MutantsTokens, AreWhatTheCompilerReads) {
  EXPECT_EQ(words("a->b <<= c+++1u; x='\\'';"),
            (std::vector<string>{"a", "->", "b", "<<=", "c", "++", "+", "1u", ";", "x", "=",
                                 "'\\''", ";"}));
}

TEST(MutantsTokens, LeaveCommentsAndDirectivesOut) {
  EXPECT_EQ(
      words("/* a < b */ c // d\n#define E(f) \\\n\tg < 1\n  # if 0 /* h\ni */ j\nk \"l /* m\""),
      (std::vector<string>{"c", "k", "\"l /* m\""}));
  EXPECT_EQ(words("a # b"), (std::vector<string>{"a", "#", "b"}));
}

TEST(MutantsTokens, EndWithTheFileWhateverIsOpen) {
  for (const char* source : {"/* ", "\"a", "'", "\"a\\", "#define A \\", "//"})
    EXPECT_LE(words(source).size(), 1u) << source;
}

TEST(Mutants, AreOfFunctionsAlone) {
  EXPECT_TRUE(make_mutants("a.h",
                           "struct a { int b[2 + 3]; };\nenum { C = 1 << 2 };\n"
                           "static const int d[] = { 1, 2 };\nint e(int f);\n")
                  .empty());
}

TEST(Mutants, NameTheirFunctionAndLine) {
  const auto mutants = make_mutants("a.c",
                                    "int f(void)\n{\n\treturn 0;\n}\n\n"
                                    "static int g(int a,\n\t     int b)\n{\n\treturn a <\n"
                                    "\t       b;\n}\n");
  ASSERT_EQ(mutants.size(), 2u);
  EXPECT_EQ(mutants[0].function, "f");
  EXPECT_EQ(mutants[0].line, 3u);
  EXPECT_EQ(mutants[1].function, "g");
  EXPECT_EQ(mutants[1].line, 9u);
  EXPECT_EQ(mutants[1].file, "a.c");
}

TEST(Mutants, CompareOtherwise) {
  EXPECT_EQ(changes(Mutation::comparison, "x = a < b;\ny = a == b->c;\nz = a >> b;"),
            (Changes{"x = a < b; => x = a <= b;", "y = a == b->c; => y = a != b->c;"}));
  EXPECT_EQ(changes(Mutation::comparison, "x = a <= b;\ny = a != b;\nz = a >= b;"),
            (Changes{"x = a <= b; => x = a < b;", "y = a != b; => y = a == b;",
                     "z = a >= b; => z = a > b;"}));
}

TEST(Mutants, ReckonOtherwise) {
  EXPECT_EQ(changes(Mutation::arithmetic, "x = a + b;\ny |= a << b;\nz = ~a;\nn++;"),
            (Changes{"x = a + b; => x = a - b;", "y |= a << b; => y &= a << b;",
                     "y |= a << b; => y |= a >> b;", "z = ~a; => z = a;", "n++; => n--;"}));
}

TEST(Mutants, LeaveSignsOfOneOperandAlone) {
  EXPECT_EQ(changes(Mutation::arithmetic,
                    "x = -a;\ny = &a;\nreturn -b;\nz = (u64)-a;\nf(&a, *b);\nstruct c *d;\n"
                    "u64 *e;\nz = (const struct c *)&a;"),
            Changes());
  EXPECT_EQ(changes(Mutation::arithmetic, "x = sizeof(u64) * a[0];\ny = (a) & b;"),
            (Changes{"x = sizeof(u64) * a[0]; => x = sizeof(u64) / a[0];",
                     "y = (a) & b; => y = (a) | b;"}));
}

TEST(Mutants, MissByOne) {
  EXPECT_EQ(changes(Mutation::constant, "a = 0;\nb = 64;\nc = 0x1fu;\nd = TIDEMARK_PAGE_SHIFT;"),
            (Changes{"a = 0; => a = 1;", "b = 64; => b = 65;", "b = 64; => b = 63;",
                     "c = 0x1fu; => c = (0x1fu + 1);", "c = 0x1fu; => c = (0x1fu - 1);",
                     "d = TIDEMARK_PAGE_SHIFT; => d = (TIDEMARK_PAGE_SHIFT + 1);",
                     "d = TIDEMARK_PAGE_SHIFT; => d = (TIDEMARK_PAGE_SHIFT - 1);"}));
  EXPECT_EQ(changes(Mutation::constant, "a = min(b, c);\nd = true;"),
            (Changes{"a = min(b, c); => a = max(b, c);", "d = true; => d = false;"}));
}

TEST(Mutants, DecideOtherwise) {
  EXPECT_EQ(changes(Mutation::condition, "if (a && b)\n\tc();"),
            (Changes{"if (a && b) => if (!(a && b))", "if (a && b) => if (a || b)"}));
  EXPECT_EQ(changes(Mutation::condition, "x = a ? b : c;"),
            (Changes{"x = a ? b : c; => x = a ? c : b;"}));
  EXPECT_EQ(changes(Mutation::condition, "for (i = 0; i < n; i++)\n\tc();\nfor (;;)\n\td();"),
            (Changes{"for (i = 0; i < n; i++) => for (i = 0; !(i < n); i++)"}));
}

TEST(Mutants, DropANegationOnce) {
  EXPECT_EQ(changes(Mutation::condition, "while (!a->b)\n\tc();"),
            (Changes{"while (!a->b) => while (a->b)"}));
  EXPECT_EQ(changes(Mutation::condition, "if (!f(a) || b)\n\tc();"),
            (Changes{"if (!f(a) || b) => if (!(!f(a) || b))", "if (!f(a) || b) => if (f(a) || b)",
                     "if (!f(a) || b) => if (!f(a) && b)"}));
}

TEST(Mutants, SwapOutcomesOfManyLines) {
  EXPECT_EQ(changes(Mutation::condition, "f(a ? b(1, 2) :\n    c ? d : e, g);"),
            (Changes{"f(a ? b(1, 2) : / c ? d : e, g); => f(a ? c ? d : e : b(1, 2), g);",
                     "c ? d : e, g); => c ? e : d, g);"}));
}

TEST(Mutants, DropStatements) {
  EXPECT_EQ(changes(Mutation::statement,
                    "u64 a = b();\nsize_t c;\na = 1;\nif (a)\n\treturn a;\nf(a,\n  c);\nreturn 0;"),
            (Changes{"a = 1; => ", "return a; => ;", "f(a, / c); => "}));
  EXPECT_EQ(changes(Mutation::statement, "list_for_each_entry(a, b, c) {\n\tif (a)\n\t\tbreak;\n}"),
            (Changes{"break; => ;"}));
  EXPECT_EQ(changes(Mutation::statement, "if (a)\n\tgoto out;\nout:\nf(a);\nreturn (u64)a;"),
            (Changes{"goto out; => ;", "f(a); => "}));
}

TEST(Mutants, LeaveWhatOnlyWatchesAlone) {
  EXPECT_TRUE(make_mutants("a.c",
                           "void f(void)\n{\n\tlockdep_assert_held(&a->lock);\n"
                           "\tpr_warn_ratelimited(\"%d\\n\", a + 1);\n}\n")
                  .empty());
}

TEST(Mutants, DropALockOrHoldItForLess) {
  EXPECT_EQ(changes(Mutation::lock, "mutex_lock(&a);\nx();\ny();\nmutex_unlock(&a);"),
            (Changes{"mutex_lock(&a); / mutex_unlock(&a); => ",
                     "mutex_lock(&a); / x(); => x(); / mutex_lock(&a);",
                     "y(); / mutex_unlock(&a); => mutex_unlock(&a); / y();"}));
  EXPECT_EQ(changes(Mutation::statement, "mutex_lock(&a);\nmutex_unlock(&a);"), Changes());
}

TEST(Mutants, PairLocksInTheirOrder) {
  const Changes found = changes(Mutation::lock,
                                "mutex_lock(&a);\nx();\nmutex_unlock(&a);\nmutex_lock(&b);\nout:\n"
                                "mutex_unlock(&b);");
  EXPECT_TRUE(found.contains("mutex_lock(&a); / mutex_unlock(&a); => "));
  EXPECT_TRUE(found.contains("mutex_lock(&b); / mutex_unlock(&b); => "));
  for (const string& change : found) EXPECT_EQ(change.find("out"), string::npos) << change;
}

TEST(Mutants, RefuseWhatIsNoC) {
  for (const char* source : {"int f(void)\n{\n", "int f(void) { if a; }", "int f(void) { (; }",
                             "int f(void) { return 0 }"})
    EXPECT_THROW(make_mutants("a.c", source), std::invalid_argument) << source;
}

constexpr const char* kTwoAlike =
    "void f(void)\n{\n\ta = 0;\n\tb();\n\ta = 0;\n}\n\nvoid g(void)\n{\n\ta = 0;\n}\n";

TEST(AMutantsId, SurvivesEditsAroundIt) {
  const auto before = make_mutants("a.c", kTwoAlike);
  const auto after = make_mutants(
      "a.c", "/* more */\nint h(void) { return 1; }\n" + string(kTwoAlike).insert(15, "\tc();\n"));
  for (const Mutant& mutant : before)
    EXPECT_TRUE(std::ranges::any_of(after, [&](const Mutant& m) { return m.id == mutant.id; }))
        << mutant.line;
}

TEST(AMutantsId, TellsThoseThatReadAlikeApart) {
  std::set<string> ids;
  const auto mutants = make_mutants("a.c", kTwoAlike);
  for (const Mutant& mutant : mutants) ids.insert(mutant.id);
  EXPECT_EQ(ids.size(), mutants.size());
}

TEST(AMutantsDiff, IsWhatPatchApplies) {
  const string source =
      "int f(void)\n{\n\tint ret;\n\n\tmutex_lock(&a);\n\tret = b(1,\n\t\t2);\n\tif (ret)\n"
      "\t\tgoto unlock;\n\tc();\n\td();\n\te();\n\tg();\n\th();\nunlock:\n\tmutex_unlock(&a);\n"
      "\treturn ret ? 0 : 1;\n}\n";
  const TemporaryFolder folder;
  for (const Mutant& mutant : make_mutants("a.c", source)) {
    write_content(folder.path / "impl/a.c", source);
    write_content(folder.path / "diff", unified_diff(source, mutant));
    const Ending ending = run_program(
        {"patch", "-p1", "--fuzz=0", "-d", folder.path, "-i", folder.path / "diff"}, 60);
    ASSERT_TRUE(ending.fine) << ending.said << unified_diff(source, mutant);
    EXPECT_EQ(ending.said.find("offset"), string::npos) << ending.said;
    // Lines of which nothing is left are not kept.
    EXPECT_EQ(words(content(folder.path / "impl/a.c")), words(changed(source, mutant)));
  }
}

// --- Which lines changed ---

TEST(ChangedLines, AreReadFromADiff) {
  const ChangedLines changed = read_diff(
      "diff --git a/impl/a.c b/impl/a.c\n--- a/impl/a.c\n+++ b/impl/a.c\n"
      "@@ -3 +3,2 @@ int f(void)\n-x\n+y\n+z\n@@ -9,3 +10,3 @@\n a\n-++ b\n++++ c\n d\n"
      "--- a/impl/os_user/b.c\n+++ b/impl/os_user/b.c\n@@ -1 +1 @@\n-a\n+b\n"
      "--- a/impl/c.h\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
  EXPECT_EQ(changed, (ChangedLines{{"a.c", {3, 4, 11}}}));
}

TEST(ChangedLines, AreNotReadFromWhatIsNoDiff) {
  for (const char* diff : {"@@ -1 +1 @@\n-a\n", "@@ -1 +x @@\n", "@@ 1 @@\n",
                           "@@ -1,2 +1 @@\n-a\n?b\n", "@@ -1 +1 @@\n-a\n-b\n"})
    EXPECT_THROW(read_diff(diff), std::invalid_argument) << diff;
}

TEST(ChangedLines, AreWhatGitSays) {
  const TemporaryFolder folder;
  const auto git = [&](std::vector<string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", folder.path, "-c", "user.name=a", "-c",
                                         "user.email=a@b", "-c", "commit.gpgsign=false"});
    const Ending ending = run_program(arguments, 60);
    ASSERT_TRUE(ending.fine) << ending.said;
  };
  write_content(folder.path / "impl/a.c", "a\nb\nc\nd\n");
  git({"init", "-q"});
  git({"add", "."});
  git({"commit", "-qm", "a"});
  write_content(folder.path / "impl/a.c", "a\nB\nc\nd\ne\n");
  EXPECT_EQ(changed_since(folder.path, "HEAD"), (ChangedLines{{"a.c", {2, 5}}}));
  EXPECT_THROW(changed_since(folder.path, "nonsense"), std::invalid_argument);
  EXPECT_THROW(changed_since(folder.path, "--output=impl/a.c"), std::invalid_argument);
}

TEST(ChangedLines, AreWhereAMutantIs) {
  const string source =
      "void f(void)\n{\n\tmutex_lock(&a);\n\tb();\n\tc();\n\tmutex_unlock(&a);\n}\n";
  for (const Mutant& mutant : make_mutants("a.c", source))
    if (joined(mutant.added).empty() && mutant.kind == Mutation::lock) {
      EXPECT_EQ(lines_of(source, mutant), (std::vector<std::size_t>{3, 6}));
      return;
    }
  FAIL() << "no mutant without the lock";
}

// --- The list of those that change nothing ---

constexpr const char* kEntry = "a.c f 2\n  -a = 0;\n  +a = 1;\nNobody reads it,\nas we know.\n";

TEST(EquivalentMutants, AreNamedByWhatTheyChange) {
  const auto mutants = make_mutants("a.c", kTwoAlike);
  const auto reasons = match(read_equivalents(string("# comment\n\n") + kEntry), mutants);
  ASSERT_EQ(reasons.size(), 1u);
  EXPECT_EQ(reasons.begin()->second, "Nobody reads it, as we know.");
  const auto named = std::ranges::find(mutants, reasons.begin()->first, &Mutant::id);
  ASSERT_NE(named, mutants.end());
  EXPECT_EQ(named->line, 5u);
}

TEST(EquivalentMutants, AreReadAsTheyArePrinted) {
  for (const Mutant& mutant : make_mutants("a.c", kTwoAlike)) {
    const auto list = read_equivalents(entry_of(mutant) + "because\n");
    EXPECT_TRUE(match(list, {mutant}).contains(mutant.id));
  }
}

TEST(EquivalentMutants, AreRefusedIfThereIsNoSuchMutant) {
  const auto mutants = make_mutants("a.c", kTwoAlike);
  for (const char* entry : {"b.c f\n-a = 0;\n+a = 1;\nwhy\n", "a.c h\n-a = 0;\n+a = 1;\nwhy\n",
                            "a.c f 3\n-a = 0;\n+a = 1;\nwhy\n", "a.c f\n-a = 0;\n+a = 2;\nwhy\n",
                            "a.c f\n-a = 1;\n+a = 1;\nwhy\n"})
    EXPECT_THROW(match(read_equivalents(entry), mutants), std::invalid_argument) << entry;
}

TEST(EquivalentMutants, AreRefusedInAnotherForm) {
  for (const string& text :
       {string("a.c\n-a\nwhy\n"), string("a.c f 0\n-a\nwhy\n"), string("a.c f x\n-a\nwhy\n"),
        string("a.c f 1 2\n-a\nwhy\n"), string("a.c f\nwhy\n"), string("a.c f\n-a\n+b\n"),
        string("a.c f\n-a\nwhy\n+b\n"), string(kEntry) + "\n" + kEntry})
    EXPECT_THROW(read_equivalents(text), std::invalid_argument) << text;
}

fs::path root() { return fs::path(TIDEMARK_CORPUS_DIR).parent_path(); }

std::vector<Mutant> mutants_of_the_tracker() {
  std::vector<Mutant> mutants;
  for (const auto& entry : fs::directory_iterator(root() / "impl"))
    if (const string name = entry.path().filename(); name.ends_with(".c") || name.ends_with(".h"))
      for (Mutant& mutant : make_mutants(name, read_file(entry.path())))
        mutants.push_back(std::move(mutant));
  return mutants;
}

TEST(EquivalentMutants, OfTheTrackerAreAllThere) {
  const auto list = read_equivalents(read_file(root() / "corpus/mutants/equivalent.txt"));
  EXPECT_EQ(match(list, mutants_of_the_tracker()).size(), list.size());
  EXPECT_FALSE(list.empty());
}

TEST(AMutantsId, IsNoOtherMutantsInTheTracker) {
  std::set<string> ids;
  const auto mutants = mutants_of_the_tracker();
  for (const Mutant& mutant : mutants) ids.insert(mutant.id);
  EXPECT_EQ(ids.size(), mutants.size());
  EXPECT_GT(ids.size(), 1000u);
}

}  // namespace
}  // namespace tidemark::mutants
