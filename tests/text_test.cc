// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Strings from strangers, as each of their readers takes them: what is no reader's
// syntax stays as it is, and what a reader makes of the rest is what went in.
#include "text.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>

#include "subprocess.h"

namespace tidemark {
namespace {

using std::string;
using std::string_view;

string all_bytes() {
  string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

// Takes what stands before and behind off; fails if it is not there.
string inside(string_view quoted, char quote) {
  EXPECT_GE(quoted.size(), 2u);
  EXPECT_EQ(quoted.front(), quote);
  EXPECT_EQ(quoted.back(), quote);
  return string(quoted.substr(1, quoted.size() - 2));
}

// What reads "\xNN" as a byte.
string read_hex(const string& text) {
  string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    EXPECT_EQ(text[i + 1], 'x');
    bytes += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
    i += 3;
  }
  return bytes;
}

TEST(TextEdits, AreAsFewAsCanBe) {
  EXPECT_EQ(edits_between("", ""), 0u);
  EXPECT_EQ(edits_between("", "map"), 3u);
  EXPECT_EQ(edits_between("unmap", "map"), 2u);
  EXPECT_EQ(edits_between("quary", "query"), 1u);
  EXPECT_EQ(edits_between("tsart", "start"), 2u);
}

TEST(TextQuote, IsPrintableAndShort) {
  EXPECT_EQ(quote("a\n'\\\x80"), "'a\\x0a\\x27\\x5c\\x80'");
  EXPECT_EQ(quote(string(60, 'a')), "'" + string(60, 'a') + "'");
  EXPECT_EQ(quote(string(61, 'a')), "'" + string(60, 'a') + "'...");
  EXPECT_EQ(quote(""), "''");
}

TEST(TextQuote, HoldsEveryByte) {
  for (const char byte : all_bytes()) {
    const string text = inside(quote(string(1, byte)), '\'');
    EXPECT_EQ(read_hex(text), string(1, byte));
    EXPECT_EQ(text.size() == 1, is_printable(byte) && byte != '\'' && byte != '\\') << text;
    for (const char c : text) EXPECT_TRUE(is_printable(c));
  }
}

TEST(TextPath, IsWholeAndSteersNoTerminal) {
  EXPECT_EQ(quoted_path("a b/\xc3\xa4\xe2\x82\xac"), "'a b/\xc3\xa4\xe2\x82\xac'");
  EXPECT_EQ(quoted_path("a'\n\t\x1b\\\x7f"), "'a\\x27\\x0a\\x09\\x1b\\x5c\\x7f'");
  EXPECT_EQ(quoted_path("\xff\xc3"), "'\\xff\\xc3'");
  EXPECT_EQ(quoted_path("\xc2\x9b"), "'\\xc2\\x9b'") << "a terminal takes it for escape";
  EXPECT_EQ(quoted_path("\xc2\xa0"), "'\xc2\xa0'");
  EXPECT_EQ(quoted_path(string(500, 'a')), "'" + string(500, 'a') + "'");
  EXPECT_EQ(quoted_path(""), "''");
}

TEST(TextPath, HoldsEveryByte) {
  const string text = inside(quoted_path(all_bytes()), '\'');
  EXPECT_EQ(read_hex(text), all_bytes());
  for (const char c : text) EXPECT_TRUE(is_printable(c));
  EXPECT_EQ(text.find('\''), string::npos);
}

// A real one: what it gets is what was written.
TEST(TextShell, AShellReadsTheSameBytes) {
  for (const string& word : {all_bytes().substr(1), string("a'b $(touch pwned)"), string("''"),
                             string("\xc3\xa4 \xff"), string("-n"), string()}) {
    const Ending ending =
        run_program({"sh", "-c", "printf %s. " + shell_word(word) + "; printf ' %s' $#"}, 60);
    EXPECT_TRUE(ending.fine);
    EXPECT_EQ(ending.said, word + ". 0") << shell_word(word);
  }
}

TEST(TextShell, OrdinaryPathsStayAsTheyAre) {
  EXPECT_EQ(shell_word("findings/lockstep.query-1_a+b,c:@%=/x.trace"),
            "findings/lockstep.query-1_a+b,c:@%=/x.trace");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("a'b"), "'a'\\''b'");
  EXPECT_EQ(shell_word(""), "''");
  for (const char byte : all_bytes()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(byte)) ||
                       (byte && string_view("/._-+,:@%=").find(byte) != string_view::npos);
    EXPECT_EQ(shell_word(string(1, byte)).size() == 1, plain) << static_cast<int>(byte);
  }
}

TEST(TextHtml, OpensNothingAndEndsNothing) {
  EXPECT_EQ(html_text("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(html_text("a\tb\r\n"), "a\tb\r\n");
  EXPECT_EQ(html_text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(html_text("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
}

TEST(TextHtml, EveryByteIsItselfAnEntityOrTheReplacement) {
  for (const char byte : all_bytes()) {
    const string text = html_text(string(1, byte));
    const bool plain = is_printable(byte) || byte == '\t' || byte == '\n' || byte == '\r';
    if (string_view("<>&\"'").find(byte) != string_view::npos)
      EXPECT_TRUE(text.starts_with("&") && text.ends_with(";")) << text;
    else
      EXPECT_EQ(text, plain ? string(1, byte) : "\xef\xbf\xbd") << static_cast<int>(byte);
  }
}

TEST(Text, APathIsAReferenceOfAUri) {
  EXPECT_EQ(uri_path("../a-b_c.d~/e"), "../a-b_c.d~/e");
  EXPECT_EQ(uri_path("my findings/c:d%#?\xc3\xa4"), "my%20findings/c%3Ad%25%23%3F%C3%A4");
}

TEST(TextComment, CannotBeLeft) {
  EXPECT_EQ(comment_text("a * b / c"), "a * b / c");
  EXPECT_EQ(comment_text("x*/y"), "x*<2f>y");
  EXPECT_EQ(comment_text("/*/"), "/<2a>/");
  EXPECT_EQ(comment_text("\?\?/"), "?<3f>/");
  EXPECT_EQ(comment_text("end\\"), "end<5c>");
  EXPECT_EQ(comment_text("a\nb\r\xc3\xa9"), "a<0a>b<0d><c3><a9>");
  EXPECT_EQ(comment_text(string(200, 'x')), string(200, 'x'));
  EXPECT_EQ(comment_text(string(300, 'x')), string(200, 'x') + "...");
}

TEST(TextComment, NoTwoBytesMakeMoreThanThemselves) {
  for (const char first : all_bytes())
    for (const char second : all_bytes()) {
      const string text = comment_text(string{first, second});
      for (const char* token : {"*/", "/*", "??", "\\"})
        EXPECT_EQ(text.find(token), string::npos) << text;
      for (const char c : text) EXPECT_TRUE(is_printable(c));
    }
}

// As a compiler reads it: octal digits, or the character itself.
string read_literal(const string& text) {
  string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (text[i + 1] < '0' || text[i + 1] > '7') {
      bytes += text[++i];
    } else {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    }
  }
  return bytes;
}

TEST(TextLiteral, CannotBeLeft) {
  EXPECT_EQ(string_literal("plain"), "\"plain\"");
  EXPECT_EQ(string_literal("\"\\\n"), R"("\"\\\012")");
  EXPECT_EQ(string_literal("\?\?/"), R"("\?\?/")");
  EXPECT_EQ(string_literal("\xc3"
                           "9"),
            R"("\3039")");
  EXPECT_EQ(string_literal(""), "\"\"");
}

TEST(TextLiteral, HoldsEveryByteBeforeADigit) {
  for (const char byte : all_bytes()) {
    const string text = inside(string_literal(string{byte, '7'}), '"');
    EXPECT_EQ(read_literal(text), (string{byte, '7'})) << text;
    for (const char c : text) EXPECT_TRUE(is_printable(c));
    EXPECT_EQ(text.size() == 2,
              is_printable(byte) && string_view("\"\\?").find(byte) == string_view::npos);
  }
}

}  // namespace
}  // namespace tidemark
