// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_page.h"

#include <string_view>

#include "environment.h"
#include "picture.h"
#include "text.h"

namespace tidemark {
namespace {

constexpr const char *kFigure = "<figure>", *kFigureEnd = "</figure>";

constexpr std::string_view kPageStyle =
    ":root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--box:#f6f8fa;--line:#d0d7de;"
    "--link:#0969da}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--box:#161b22;"
    "--line:#3d444d;--link:#4493f8}}"
    "*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:76rem;margin:0 auto;padding:1.5rem 1rem}"
    "h1{font:600 1.3rem/1.3 ui-monospace,monospace;overflow-wrap:anywhere;margin:0 0 1rem}"
    "h2{font-size:1rem;margin:1.5rem 0 .5rem}a{color:var(--link)}"
    "pre{font:.85rem/1.5 ui-monospace,monospace;background:var(--box);"
    "border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;margin:0;"
    "white-space:pre-wrap;overflow-wrap:anywhere}"
    "figure{margin:0;overflow-x:auto}svg{display:block;height:auto;max-width:100%}"
    // On a narrow screen fewer pages, so that what differs is in view and can be read.
    ".narrow{display:none}@media(max-width:48rem){.wide{display:none}.narrow{display:block}}";

// Columns: all that there are, and as many as a telephone has room for.
constexpr std::size_t kWide = 64, kNarrow = 16;

std::string section(std::string_view heading, const std::string& html) {
  return "<h2>" + std::string(heading) + "</h2>\n<pre>" + html + "</pre>\n";
}

// Where the text names a rule of the contract, a link to it.
std::string with_link(std::string html) {
  constexpr std::string_view kContract = "docs/contract.md#";
  const auto at = html.find(kContract);
  if (at == std::string::npos) return html;
  const auto end =
      html.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789", at + kContract.size());
  const std::string target = html.substr(at, end == std::string::npos ? end : end - at);
  return html.replace(at, target.size(), "<a href=\"../../" + target + "\">" + target + "</a>");
}

}  // namespace

std::string page_head(const std::string& title, std::string_view style) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" +
         title + "</title>\n<style>" + std::string(kPageStyle) + std::string(style) +
         "</style></head><body>\n<h1>" + title + "</h1>\n";
}

std::string finding_page(const Finding& finding, const std::filesystem::path& replayed) {
  std::string html = page_head(html_text(finding.name));
  if (!finding.picture.columns.empty())
    html += std::string(kFigure) + "\n<div class=\"wide\">" + picture_svg(finding.picture, kWide) +
            "</div>\n<div class=\"narrow\">" + picture_svg(finding.picture, kNarrow) + "</div>" +
            kFigureEnd + "\n";
  html += section("What happened", with_link(html_text(finding.report)));
  html += "<p>What these words mean: <a href=\"../../docs/findings.md\">docs/findings.md</a></p>\n";
  if (!finding.before.empty())
    html += section("Before it, in the same process", html_text(text_of_all(finding.before)));
  if (finding.program) html += section("The program", html_text(trace_text(finding, replayed)));
  return html + section("Where", html_text(environment_json(finding.subject))) + "</body></html>\n";
}

std::string figure_in(std::string_view page) {
  const auto at = page.find(kFigure);
  const auto end = page.find(kFigureEnd, at == std::string_view::npos ? page.size() : at);
  if (end == std::string_view::npos) return {};
  return std::string(page.substr(at, end + std::string_view(kFigureEnd).size() - at));
}

}  // namespace tidemark
