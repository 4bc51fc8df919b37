// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A dirty store that has memory for what was ever marked: a tree, whose leaves
 * are 64 words of marks, and whose other nodes are 32 entries. An entry stands
 * for a block of pages, and has of it one of these:
 *
 *   nothing	bits is 0
 *   one word	ref is its number with REF_WORD, bits the word: it takes no memory
 *   all	ref has REF_ALL
 *   a node	ref points to it; a bit in bits says which of its parts have marks
 *
 * Of a part whose bit is 0 nothing counts but a pointer to a node, also beside
 * REF_ALL: so a block of any size is emptied at once, and its nodes serve again.
 *
 * Where there is no memory for a node, the whole block becomes dirty (D23): that is
 * too much, and no page is lost.
 */
#include "dirty_sparse.h"

#define REF_WORD	1UL
#define REF_ALL		2UL
#define REF_FLAGS	(REF_WORD | REF_ALL)
#define REF_FLAG_BITS	2

/* log2 of the pages of a block of the lowest level, and how many fewer each has below. */
#define LEAF_SHIFT	(2 * TIDEMARK_WORD_SHIFT)
#define NODE_SHIFT	TIDEMARK_SPARSE_NODE_SHIFT
#define NODE_MASK	((1U << NODE_SHIFT) - 1)

static u64 pages_mask(unsigned int shift)
{
	return ((u64)1 << shift) - 1;
}

/* log2 of the pages of one part of a block of 2^@shift pages. */
static unsigned int part_shift(unsigned int shift)
{
	return shift == LEAF_SHIFT ? TIDEMARK_WORD_SHIFT : shift - NODE_SHIFT;
}

/* In which part of its block of 2^@shift pages @page is. */
static unsigned int part_of(u64 page, unsigned int shift)
{
	return (page & pages_mask(shift)) >> part_shift(shift);
}

/* How many parts the block of @page has: fewer than 64 or 32 if the pages end in it. */
static unsigned int nr_parts(const struct dirty_store *store, u64 page, unsigned int shift)
{
	u64 last = min(store->nr_pages - 1, page | pages_mask(shift));

	return part_of(last, shift) + 1;
}

static u64 *entry_words(const struct dirty_entry *entry)
{
	return (u64 *)(entry->ref & ~REF_FLAGS);
}

static struct dirty_entry *entry_parts(const struct dirty_entry *entry)
{
	return (struct dirty_entry *)(entry->ref & ~REF_FLAGS);
}

static bool entry_has_node(const struct dirty_entry *entry)
{
	return !(entry->ref & REF_WORD) && entry->ref & ~REF_FLAGS;
}

static u64 entry_word_number(const struct dirty_entry *entry)
{
	return entry->ref >> REF_FLAG_BITS;
}

static void entry_set_word(struct dirty_entry *entry, u64 number, u64 bits)
{
	entry->ref = number << REF_FLAG_BITS | REF_WORD;
	entry->bits = bits;
}

static void entry_clear(struct dirty_entry *entry)
{
	entry->ref = entry_has_node(entry) ? entry->ref & ~REF_ALL : 0;
	entry->bits = 0;
}

static void entry_mark_all(struct dirty_entry *entry)
{
	entry_clear(entry);
	entry->ref |= REF_ALL;
	entry->bits = ~(u64)0;
}

/* Part @i of a block, for a mark: what it said before its bit was set is nothing. */
static struct dirty_entry *entry_part(struct dirty_entry *entry, unsigned int i)
{
	struct dirty_entry *part = &entry_parts(entry)[i];
	u64 bit = (u64)1 << i;

	if (!(entry->bits & bit)) {
		entry->bits |= bit;
		entry_clear(part);
	}
	return part;
}

/* A node for the block of @page, all 0, or NULL. */
static void *node_make(const struct dirty_store *store, u64 page, unsigned int shift)
{
	size_t part = shift == LEAF_SHIFT ? sizeof(u64) : sizeof(struct dirty_entry);

	/* As for a bitmap; and nobody need hear of it, because nothing fails. */
	return kvcalloc(nr_parts(store, page, shift), part,
			GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

/* Give a block that has nothing or one word a node, or false if there is no memory. */
static bool entry_split(const struct dirty_store *store, struct dirty_entry *entry,
			u64 page, unsigned int shift)
{
	void *node = node_make(store, page, shift);
	u64 number = entry_word_number(entry);
	u64 bits = entry->bits;
	unsigned int i;

	if (!node)
		return false;
	entry->ref = (unsigned long)node;
	if (!bits)
		return true;

	i = part_of(number << TIDEMARK_WORD_SHIFT, shift);
	entry->bits = (u64)1 << i;
	if (shift == LEAF_SHIFT)
		entry_words(entry)[i] = bits;
	else
		entry_set_word(&entry_parts(entry)[i], number, bits);
	return true;
}

/* Say it of each part of a block that it is all marked, or false if there is no memory. */
static bool entry_spread(const struct dirty_store *store, struct dirty_entry *entry,
			 u64 page, unsigned int shift)
{
	unsigned int i, nr = nr_parts(store, page, shift);

	if (!entry_has_node(entry)) {
		void *node = node_make(store, page, shift);

		if (!node)
			return false;
		entry->ref = (unsigned long)node;
	}
	entry->ref &= ~REF_ALL;
	entry->bits = bits_between(0, nr - 1);
	for (i = 0; i < nr; i++) {
		if (shift == LEAF_SHIFT)
			entry_words(entry)[i] = ~(u64)0;
		else
			entry_mark_all(&entry_parts(entry)[i]);
	}
	return true;
}

/*
 * Mark first..last, which are in one leaf, in a block that has no node or all of its
 * pages. Return: true if they are marked now, and false if the block has got a node.
 */
static bool entry_take(const struct dirty_store *store, struct dirty_entry *entry,
		       u64 first, u64 last, unsigned int shift)
{
	u64 number = first >> TIDEMARK_WORD_SHIFT;
	bool one_word = number == last >> TIDEMARK_WORD_SHIFT;

	if (entry->ref & REF_ALL)
		return true;
	if (one_word && !entry->ref) {
		entry_set_word(entry, number, 0);
	} else if (!one_word || entry_word_number(entry) != number) {
		if (entry_split(store, entry, first, shift))
			return false;
		entry_mark_all(entry);	/* D23 */
		return true;
	}
	entry->bits |= bits_in_word(number, first, last);
	return true;
}

/* Mark pages of a leaf, in which words that are not in its bits have old marks. */
static void leaf_mark(struct dirty_entry *entry, u64 first, u64 last)
{
	unsigned int i = part_of(first, LEAF_SHIFT), last_part = part_of(last, LEAF_SHIFT);
	u64 *words = entry_words(entry);
	u64 old = entry->bits;
	u64 index = first >> TIDEMARK_WORD_SHIFT;

	entry->bits = old | bits_between(i, last_part);
	do {
		words[i] = (old >> i & 1 ? words[i] : 0) | bits_in_word(index, first, last);
		index++;
	} while (i++ != last_part);
}

/* Mark pages of one leaf, which the next mark finds without going down. O(log pages). */
static void leaf_find_and_mark(struct dirty_store *store, u64 first, u64 last)
{
	struct dirty_entry *entry = &store->root;
	unsigned int shift = store->root_shift;

	for (;;) {
		if ((!entry->ref || entry->ref & REF_FLAGS) &&
		    entry_take(store, entry, first, last, shift))
			return;
		if (shift == LEAF_SHIFT)
			break;
		shift -= NODE_SHIFT;
		entry = entry_part(entry, first >> shift & NODE_MASK);
	}
	store->leaf = entry;
	store->leaf_first = first & ~pages_mask(LEAF_SHIFT);
	leaf_mark(entry, first, last);
}

/* Mark the block of 2^@target pages that begins with @page. */
static void block_mark(struct dirty_store *store, u64 page, unsigned int target)
{
	struct dirty_entry *entry = &store->root;
	unsigned int shift = store->root_shift;

	for (; shift > target; shift -= NODE_SHIFT) {
		if (entry->ref & REF_ALL)
			return;
		if (!entry_has_node(entry) && !entry_split(store, entry, page, shift))
			break;	/* D23 */
		entry = entry_part(entry, part_of(page, shift));
	}
	entry_mark_all(entry);
}

/*
 * log2 of the pages of the largest block that begins with @page and ends at @last or
 * before, or 0 if not even a leaf does.
 */
static unsigned int block_shift(const struct dirty_store *store, u64 page, u64 last)
{
	unsigned int shift = 0, next = LEAF_SHIFT;

	/* What lies behind the last page that there is does not count. */
	if (last == store->nr_pages - 1)
		last = ~(u64)0;
	while (next <= store->root_shift && !(page & pages_mask(next)) &&
	       (page | pages_mask(next)) <= last) {
		shift = next;
		next += NODE_SHIFT;
	}
	return shift;
}

int tidemark_dirty_sparse_make(struct dirty_store *store)
{
	store->root_shift = LEAF_SHIFT;
	while ((store->nr_pages - 1) >> store->root_shift)
		store->root_shift += NODE_SHIFT;
	store->leaf_first = ~(u64)0;
	return 0;
}

/* Free the node of a block, and those below it: as deep as a tree is, six levels. */
static void entry_free(const struct dirty_store *store, struct dirty_entry *entry, u64 page,
		       unsigned int shift)
{
	unsigned int i;

	if (!entry_has_node(entry))
		return;
	for (i = 0; shift > LEAF_SHIFT && i < nr_parts(store, page, shift); i++)
		entry_free(store, &entry_parts(entry)[i],
			   page + ((u64)i << part_shift(shift)), part_shift(shift));
	kvfree(entry_parts(entry));
}

void tidemark_dirty_sparse_drop(struct dirty_store *store)
{
	entry_free(store, &store->root, 0, store->root_shift);
}

/* Mark pages that may be in several leaves: whole blocks, and parts of leaves between. */
static void blocks_mark(struct dirty_store *store, u64 first, u64 last)
{
	u64 page, end;

	for (page = first; page <= last; page = end + 1) {
		unsigned int shift = block_shift(store, page, last);

		if (shift) {
			end = page | pages_mask(shift);
			block_mark(store, page, shift);
		} else {
			end = min(last, page | pages_mask(LEAF_SHIFT));
			leaf_find_and_mark(store, page, end);
		}
	}
}

void tidemark_dirty_sparse_mark(struct dirty_store *store, u64 first, u64 last)
{
	/* Mostly it is one page, or a few, and in the leaf of the last mark. */
	if (!((first ^ store->leaf_first) >> LEAF_SHIFT) && !((first ^ last) >> LEAF_SHIFT))
		leaf_mark(store->leaf, first, last);
	else if (first >> TIDEMARK_WORD_SHIFT == last >> TIDEMARK_WORD_SHIFT)
		leaf_find_and_mark(store, first, last);
	else
		blocks_mark(store, first, last);
}

/* Unmark pages of one leaf, in a block that has one word, that leaf or nothing. */
static void leaf_clear(struct dirty_entry *entry, u64 first, u64 last)
{
	u64 index = first >> TIDEMARK_WORD_SHIFT, last_index = last >> TIDEMARK_WORD_SHIFT;

	if (entry->ref & REF_WORD) {
		u64 number = entry_word_number(entry);

		if (number >= index && number <= last_index)
			entry->bits &= ~bits_in_word(number, first, last);
		if (!entry->bits)
			entry_clear(entry);
		return;
	}
	for (; index <= last_index; index++) {
		u64 bit = (u64)1 << (index & (TIDEMARK_WORD_BITS - 1));
		u64 *word;

		if (!(entry->bits & bit))
			continue;
		word = &entry_words(entry)[part_of(index << TIDEMARK_WORD_SHIFT, LEAF_SHIFT)];
		*word &= ~bits_in_word(index, first, last);
		if (!*word)
			entry->bits &= ~bit;
	}
}

/* Unmark the block of 2^@target pages that first..last are, or a part of a leaf if 0. */
static void block_clear(struct dirty_store *store, u64 first, u64 last, unsigned int target)
{
	struct dirty_entry *path[TIDEMARK_SPARSE_LEVELS_MAX];
	struct dirty_entry *entry = &store->root;
	unsigned int shift = store->root_shift, depth = 0;

	for (; shift > target; shift -= NODE_SHIFT) {
		if (entry->ref & REF_ALL && !entry_spread(store, entry, first, shift))
			return;	/* D23 */
		if (shift == LEAF_SHIFT || !entry_has_node(entry))
			break;
		if (!(entry->bits >> part_of(first, shift) & 1))
			return;
		path[depth++] = entry;
		entry = &entry_parts(entry)[part_of(first, shift)];
	}
	if (shift == target)
		entry_clear(entry);
	else if (!target || entry->ref & REF_WORD)
		leaf_clear(entry, first, last);

	/* What has nothing any more is not looked at: so say the blocks around it. */
	while (!entry->bits && depth) {
		entry = path[--depth];
		shift += NODE_SHIFT;
		entry->bits &= ~((u64)1 << part_of(first, shift));
	}
}

void tidemark_dirty_sparse_clear(struct dirty_store *store, u64 first, u64 last)
{
	u64 page, end;

	store->leaf_first = ~(u64)0;
	for (page = first; page <= last; page = end + 1) {
		unsigned int shift = block_shift(store, page, last);

		end = shift ? page | pages_mask(shift) : min(last, page | pages_mask(LEAF_SHIFT));
		block_clear(store, page, end, shift);
	}
}

/* The words of a leaf from part @i on, which has marks, up to the first that has none. */
static void leaf_show(const struct dirty_entry *entry, u64 page, unsigned int i,
		      struct dirty_run *run)
{
	u64 clean = ~(entry->bits >> i);

	run->first = (page & ~pages_mask(LEAF_SHIFT)) + ((u64)i << TIDEMARK_WORD_SHIFT);
	run->words = &entry_words(entry)[i];
	run->nr_words = clean ? __ffs(clean) : TIDEMARK_WORD_BITS;
}

/* A block without a node, which has one word or all. Return: false if that is before @page. */
static bool entry_show(const struct dirty_entry *entry, u64 page, unsigned int shift,
		       struct dirty_run *run)
{
	if (entry->ref & REF_ALL) {
		u64 nr_before = (page & pages_mask(shift)) >> TIDEMARK_WORD_SHIFT;

		dirty_run_show_all(run, page, words_for((u64)1 << shift) - nr_before);
		return true;
	}
	run->first = entry_word_number(entry) << TIDEMARK_WORD_SHIFT;
	run->words = &entry->bits;
	run->nr_words = 1;
	return run->first >= (page & ~pages_mask(TIDEMARK_WORD_SHIFT));
}

/*
 * From the root down to the first marks at @page or behind it. If there are none in a
 * block on the way, @page becomes the first one behind that block, and it is false.
 */
static bool find_down(const struct dirty_store *store, u64 *page, struct dirty_run *run)
{
	const struct dirty_entry *entry = &store->root;
	unsigned int shift = store->root_shift;

	while (entry->bits) {
		unsigned int i = part_of(*page, shift);
		u64 bits = entry->bits & (~(u64)0 << i);

		if (entry->ref & REF_FLAGS) {
			if (entry_show(entry, *page, shift, run))
				return true;
			break;
		}
		if (!bits)
			break;
		if (!(bits >> i & 1)) {
			i = __ffs(bits);
			*page = (*page & ~pages_mask(shift)) + ((u64)i << part_shift(shift));
		}
		if (shift == LEAF_SHIFT) {
			leaf_show(entry, *page, i, run);
			return true;
		}
		entry = &entry_parts(entry)[i];
		shift -= NODE_SHIFT;
	}
	*page = (*page | pages_mask(shift)) + 1;
	return false;
}

bool tidemark_dirty_sparse_find(const struct dirty_store *store, u64 page,
				struct dirty_run *run)
{
	/* Each time a block ends that is larger than the one before, but for one step down. */
	while (page < store->nr_pages) {
		if (find_down(store, &page, run))
			return true;
	}
	return false;
}
