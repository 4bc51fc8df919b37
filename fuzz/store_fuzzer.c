// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: after any marks and clears, a dirty store of any kind shows exactly the pages
// that a plain bit vector shows, in whatever range it is asked for. One that went without
// memory shows those and may show more (D23), until all of it is cleared. Its neighbours in
// the container, all of whose pages are marked, stay so; and what it had is gone with it.
#include "dirty.h"

#define CHECK(holds, what) \
  if (!(holds)) fprintf(stderr, "Assertion failure: store.%s\n", what), abort()

// Around the borders of a word, of a word of words, and of a third level.
static const u64 sizes[12] = {1, 2, 63, 64, 65, 128, 300, 4095, 4096, 4097, 8192, 12345};
static const struct rb_root no_pins;  // pages.c changes them, and lockstep_fuzzer fuzzes that
static u64 plain[(12345 + 63) / 64], shown[(12345 + 63) / 64];

// Of the pages start to start + 63, those in [first, last].
static u64 in_range(u64 start, u64 first, u64 last) {
  u64 bits = first > start ? ~(u64)0 << (first - start) : ~(u64)0;
  return last < start + 63 ? bits & ~(u64)0 >> (start + 63 - last) : bits;
}

static void compare(const struct dirty_store* store, u64 first, u64 last) {
  struct dirty_run run;
  memset(shown, 0, sizeof(shown));
  for (u64 page = first; tidemark_dirty_store_next(store, page, last, &run);
       page = run.first + 64 * (u64)run.nr_words) {
    CHECK(run.first + 64 > page && run.first <= last, "outside");
    for (u64 i = 0; i < run.nr_words; i++) {
      const u64 start = run.first + 64 * i;
      CHECK(run.words[i] && !(run.words[i] & ~in_range(start, page, last)), "outside");
      shown[start / 64] |= run.words[i];
    }
  }
  for (u64 start = first & ~(u64)63; start <= last; start += 64) {
    const u64 bits = plain[start / 64] & in_range(start, first, last);
    CHECK(!(bits & ~shown[start / 64]), "lost");
    CHECK(os_current->allocation_failed || bits == shown[start / 64], "extra");
  }
}

static void apply(struct dirty_store* store, const uint8_t* record) {
  const u64 a = (record[1] | (u64)record[2] << 8) % store->nr_pages;
  const u64 b = (record[3] | (u64)record[4] << 8) % store->nr_pages;
  const bool mark = record[0] & 1, all = record[0] % 8 >= 6, few = record[0] & 8;
  u64 first = all ? 0 : min(a, b), last = all ? store->nr_pages - 1 : max(a, b);
  if (few && !all) last = min(last, first + b % 8);
  os_current->fail_allocation = record[0] >= 240 ? (record[0] - 240) / 2 + 1 : 0;
  if (mark && all) tidemark_dirty_store_mark_all(store);
  if (!mark) tidemark_dirty_store_clear(store, first, last);
  if (mark && !all) tidemark_dirty_store_mark(store, first, last);
  if (!mark && all) os_current->allocation_failed = false;
  for (u64 start = first & ~(u64)63; start <= last; start += 64) {
    const u64 bits = in_range(start, first, last);
    plain[start / 64] = mark ? plain[start / 64] | bits : plain[start / 64] & ~bits;
  }
  compare(store, min(a, b), max(a, b));
}

static void make(struct dirty_store* store, struct dirty_shared* shared, u64 page, u64 nr_pages) {
  CHECK(!tidemark_dirty_store_make(store, shared, page, nr_pages, &no_pins), "memory");
}

static void check_neighbour(const struct dirty_store* store) {
  struct dirty_run run;
  const bool found = tidemark_dirty_store_next(store, 0, 63, &run);
  CHECK(found && !run.first && run.words[0] == ~(u64)0, "neighbour");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const u64 nr_pages = size ? sizes[data[0] % 12] : 1;
  struct os_machine machine = {0};
  struct dirty_shared shared = {.kind = (enum tidemark_store)(size ? data[0] / 12 % 4 : 0)};
  struct dirty_store store = {0}, neighbours[2] = {{0}};
  os_current = &machine;
  memset(plain, 0, sizeof(plain));
  for (u64 i = 0; i < 2; i++) {
    make(&neighbours[i], &shared, i * (64 + nr_pages), 64);
    tidemark_dirty_store_mark(&neighbours[i], 0, 63);
  }
  machine.fail_allocation = size && data[0] >= 250;
  if (tidemark_dirty_store_make(&store, &shared, 64, nr_pages, &no_pins)) goto drop;
  for (size_t at = 1; at + 5 <= size && at < 1000; at += 5) apply(&store, data + at);
  compare(&store, 0, nr_pages - 1);
  machine = (struct os_machine){.nr_allocations = machine.nr_allocations, .fail_allocation = 1};
  tidemark_dirty_store_drop(&store);
  CHECK(!machine.allocation_failed, "drop-needs-memory");
  machine.fail_allocation = 0;
  make(&store, &shared, 64, nr_pages);
  memset(plain, 0, sizeof(plain));
  compare(&store, 0, nr_pages - 1);
  tidemark_dirty_store_drop(&store);
drop:
  for (u64 i = 0; i < 2; i++) {
    check_neighbour(&neighbours[i]);
    tidemark_dirty_store_drop(&neighbours[i]);
  }
  CHECK(machine.nr_allocations == 0, "leak");
  return 0;
}
