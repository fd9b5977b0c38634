// Tables for people: what lines up in a terminal, and what never reaches it.
#include <gtest/gtest.h>

#include "tools/shell/table.h"

namespace plated {
namespace {

TEST(DisplayWidth, ChineseTakesTwoCellsACharacter) {
  EXPECT_EQ(display_width("粤BD12345"), 9U);
  EXPECT_EQ(display_width("status"), 6U);
  EXPECT_EQ(display_width("全角"), 4U);
  EXPECT_EQ(display_width("Ａ"), 2U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
}

TEST(DisplayWidth, BytesThatAreNoTextCountOneEach) {
  EXPECT_EQ(display_width("\xFF\xE7\xB2"), 3U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(Printable, NoControlCharacterReachesTheTerminal) {
  EXPECT_EQ(printable("a\x1B[2Jb\nc"),
            "a\xEF\xBF\xBD[2Jb\xEF\xBF\xBD"
            "c");
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\xEF\xBF\xBD");
  EXPECT_EQ(printable("粤B·D12345"), "粤B·D12345");
}

TEST(Table, ColumnsLineUpWhateverTheAlphabet) {
  Table table({{"office"}, {"free", Table::Align::right}});
  table.add({"粤B", "7"});
  table.add({"sum", "1699875"});
  EXPECT_EQ(table.text(),
            "office     free\n"
            "粤B           7\n"
            "sum     1699875\n");
}

TEST(Table, WithoutTitlesThereIsNoTitleLine) {
  Table table({{""}, {""}});
  table.add({"at", ""});
  EXPECT_EQ(table.text(), "at\n");
}

}  // namespace
}  // namespace plated
