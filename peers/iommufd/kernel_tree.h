// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// iommufd of one kernel tree, as a library that is loaded.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "iommufd_kernel.h"
#include "program.h"

namespace tidemark::iommufd {

struct BadTree : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class KernelTree {
 public:
  // The library that is built of a tree; what it is called in findings. Throws BadTree.
  KernelTree(const std::filesystem::path& library, std::string name);
  // Without a library: for tests.
  KernelTree(const iommufd_kernel& kernel, std::string name)
      : name_(std::move(name)), kernel_(&kernel) {}
  ~KernelTree();
  KernelTree(const KernelTree&) = delete;
  KernelTree& operator=(const KernelTree&) = delete;

  const iommufd_kernel& calls() const { return *kernel_; }
  const std::string& name() const { return name_; }
  // Its number there; nullptr if the tree has no such format (one of kFormats).
  const iommufd_format* format(std::size_t format) const;

 private:
  std::string name_;
  void* library_ = nullptr;
  const iommufd_kernel* kernel_ = nullptr;
};

// "linux-6.12" or "linux:DIR", whose library scripts/linux_tree.sh has built. Throws BadTree.
inline constexpr std::string_view kDefaultSubject = "linux-6.12";
std::unique_ptr<KernelTree> tree_named(const std::string& subject);

// Where a fuzz target is told the subject.
inline constexpr const char* kSubjectVariable = "TIDEMARK_SUBJECT";

}  // namespace tidemark::iommufd
