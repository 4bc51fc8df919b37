// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A finding as an HTML page: to be looked at, and to go with a bug report.
#pragma once

#include <string>
#include <string_view>

#include "finding.h"

namespace tidemark {

// One file that needs nothing from outside, for any width, in light and dark. The rule that
// was broken is a link that leads somewhere where the folder of findings is the checkout's.
// `replayed` is its folder or a file there, for the command that replays it.
std::string finding_page(const Finding& finding, const std::filesystem::path& replayed);
// The <figure> of such a page; empty if it has none.
std::string figure_in(std::string_view page);

// What pages begin with, up to their heading, `title` in HTML; `style` is CSS, after what all have.
std::string page_head(const std::string& title, std::string_view style = {});

}  // namespace tidemark
