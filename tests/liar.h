// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A subject that does as another does, but for one lie. Whoever compares
// subjects must catch it.
#pragma once

#include <functional>
#include <memory>

#include "factories.h"
#include "subject.h"

namespace tidemark {

enum class Lie {
  none,
  // Results
  wrong_errno,         // -EFAULT for -EINVAL, of any ioctl
  refuses_reads,       // rw
  needs_memory_first,  // before it checks anything: ioctls, attach, pins
  // What a query stores
  loses_a_page,
  loses_far_pages,  // of the first word from word 75 on
  adds_a_page,
  stores_a_clean_word,
  writes_after_the_bitmap,
  writes_before_the_bitmap,
  stores_when_rejected,
  // The argument
  writes_its_inputs,
  writes_its_inputs_when_rejected,
  writes_before_the_argument,
  writes_after_the_argument,
  wrong_unmapped_size,
  wrong_info,
  refuses_info,
  // Memory
  reads_other_bytes,
  writes_other_bytes,
  corrupts_memory,  // while a query runs: a page of the newest mapping's user
  wrong_pfn,
  one_pfn_too_many,
  // Counts
  wrong_page_sizes,
  wrong_pinned_pages,
  wrong_locked_pages,
  other_process_pays,
  wrong_mappings,
  wrong_dma_available,
  wrong_tracking,
  // The state shown
  moves_a_mapping,
  counts_a_pin_twice,
  hides_a_pin,
  hides_marks,
  shows_more_marks,
  // The host
  has_other_rights,  // to what it holds than its first mapping allows
  // Callbacks
  calls_back_twice,     // once more after an unmap
  calls_back_for_less,  // its first callback names one page less
  refuses_in_windows,   // pins
  loses_a_page_in_windows,
  // The lock, as far as it says
  takes_no_lock,
  lets_the_lock_go,
  keeps_the_lock,
  works_without_the_lock,
  // The end
  leaks,
};

// `on_unmap` is called first in each VFIO_IOMMU_UNMAP_DMA.
std::unique_ptr<Subject> make_liar(Lie lie, std::unique_ptr<Subject> honest, World& world,
                                   std::function<void()> on_unmap = {});

// As a SubjectFactory.
template <Lie lie, auto make = make_tracker>
std::unique_ptr<Subject> lying(const Setup& setup, World& world) {
  return make_liar(lie, make(setup, world), world);
}

}  // namespace tidemark
