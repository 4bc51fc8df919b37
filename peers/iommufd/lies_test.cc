// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An alarm that nothing has set off is none: a 6.12 that lies is caught, by what it lies about.
#include <gtest/gtest.h>

#include <cerrno>

#include "judge.h"
#include "ledger.h"

namespace tidemark::iommufd {
namespace {

const KernelTree& honest() {
  static const auto tree = tree_named("linux-6.12");
  return *tree;
}
const iommufd_kernel& real() { return honest().calls(); }

constexpr const char* kProgram =
    "table amd-v1\ntrack on\nmap 0 64K rw runs=8K\nwrite 20K\nquery 0 64K\nwrite 0\n"
    "unmap 0 64K\n";

// What comes of the program on a kernel whose calls were changed.
std::string caught(const std::function<void(iommufd_kernel&)>& lie, const char* text = kProgram) {
  iommufd_kernel kernel = real();
  lie(kernel);
  const KernelTree tree(kernel, "lying");
  const Verdict verdict = Lockstep(tree, Judge(honest()).quirks(0)).run(parse(text));
  return verdict.difference ? verdict.difference->signature() : "agrees";
}

TEST(IommufdLies, ATruthIsNone) {
  EXPECT_EQ(caught([](iommufd_kernel&) {}), "agrees");
}

TEST(IommufdLies, OfAResult) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.query = [](iommufd_table* table, const iommufd_query* query) {
                real().query(table, query);
                return -EPERM;
              };
            }),
            "query.result.0.-EPERM");
}

TEST(IommufdLies, OfABitTooFew) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.query = [](iommufd_table* table, const iommufd_query* query) {
                const int result = real().query(table, query);
                real().user()[0] &= static_cast<unsigned char>(~0x20U);
                return result;
              };
            }),
            "query.missing");
}

TEST(IommufdLies, OfABitTooMany) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.query = [](iommufd_table* table, const iommufd_query* query) {
                const int result = real().query(table, query);
                real().user()[1] |= 1;
                return result;
              };
            }),
            "query.extra");
}

TEST(IommufdLies, OfABitBehindTheBitmap) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.query = [](iommufd_table* table, const iommufd_query* query) {
                const int result = real().query(table, query);
                real().user()[8] = 1;
                return result;
              };
            }),
            "query.beyond");
}

TEST(IommufdLies, OfMarksThatGoWithoutAQuery) {
  EXPECT_EQ(caught(
                [](iommufd_kernel& kernel) {
                  kernel.query = [](iommufd_table* table, const iommufd_query* query) {
                    iommufd_query clears = *query;
                    clears.no_clear = false;
                    return real().query(table, &clears);
                  };
                },
                "table amd-v1\ntrack on\nmap 0 4K rw\nwrite 0\nquery 0 4K no-clear\n"),
            "query.unmarked");
}

TEST(IommufdLies, OfMarksThatStay) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.query = [](iommufd_table* table, const iommufd_query* query) {
                iommufd_query leaves = *query;
                leaves.no_clear = true;
                return real().query(table, &leaves);
              };
            }),
            "query.marked");
}

TEST(IommufdLies, OfATableWithoutTheMapping) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.map = [](iommufd_table*, const iommufd_map*) { return 0; };
            }),
            "map.entries");
}

TEST(IommufdLies, OfAMappingThatIsNotRemoved) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.unmap = [](iommufd_table*, std::uint64_t, std::uint64_t) { return 0; };
            }),
            "unmap.entries");
}

TEST(IommufdLies, OfADeviceThatMayNotWrite) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.write = [](iommufd_table*, std::uint64_t) { return false; };
            }),
            "write.access");
}

TEST(IommufdLies, OfAWarning) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) { kernel.warned = [] { return "somewhere"; }; }),
            "track.warning");
}

TEST(IommufdLies, OfSomethingLeft) {
  EXPECT_EQ(caught([](iommufd_kernel& kernel) {
              kernel.close = [](iommufd_table* table) { return real().close(table) + 1; };
            }),
            "end.leak");
}

// The ledger alone: table and reference both forget a write.
TEST(IommufdLies, OfAPageThatReferenceAndTableForget) {
  Ledger ledger;
  ledger.written(3 * kPage);
  Operation query;
  query.verb = Verb::query;
  query.bytes = 4 * kPage;
  const auto nothing = [](Bit) { return false; };
  EXPECT_EQ(ledger.reported(query, -EFAULT, nothing), std::nullopt);
  EXPECT_EQ(ledger.reported(query, 0, nothing), Page{3});
  EXPECT_EQ(ledger.reported(query, 0, [](Bit bit) { return bit == 3; }), std::nullopt);
  EXPECT_EQ(ledger.reported(query, 0, nothing), std::nullopt);
}

}  // namespace
}  // namespace tidemark::iommufd
