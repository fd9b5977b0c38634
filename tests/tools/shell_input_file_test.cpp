// Files that command lines name: all of a file, or why not.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "tools/shell/input_file.h"

namespace plated {
namespace {

struct InputFileTest : testing::Test {
  InputFileTest() { std::filesystem::create_directories(directory); }
  ~InputFileTest() override { std::filesystem::remove_all(directory); }

  std::string file_of(const std::string& bytes) const {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  static std::vector<std::string> lines_of(const std::string& at) {
    InputFile file(at);
    std::vector<std::string> lines;
    for (std::string line; file.next_line(line);) {
      lines.push_back(line);
    }
    EXPECT_EQ(file.failure(), "");
    return lines;
  }

  const std::string directory = testing::TempDir() + "/plated_input_" + std::to_string(::getpid());
  const std::string path = directory + "/file";
};

TEST_F(InputFileTest, IsReadWholeWithoutItsByteOrderMark) {
  EXPECT_EQ(read_file(file_of("a\nb")).text, "a\nb");
  EXPECT_EQ(read_file(file_of("\xef\xbb\xbf"
                              "a\n"))
                .text,
            "a\n");
  EXPECT_EQ(read_file(file_of("")).text, "");
  EXPECT_EQ(read_file(path).failure, "");
  EXPECT_EQ(lines_of(file_of("\xef\xbb\xbf"
                             "{}\n\n{1}")),
            (std::vector<std::string>{"{}", "", "{1}"}));
  EXPECT_EQ(lines_of(file_of("a")), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(lines_of(file_of("")).empty());
}

TEST_F(InputFileTest, LinesMayCrossWhatIsReadAtOnce) {
  const std::string line(100'000, 'x');
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += line + "\n";
  }
  EXPECT_EQ(lines_of(file_of(text)), std::vector<std::string>(20, line));
}

TEST_F(InputFileTest, WhatCannotBeReadIsAFailureAndNotAnEmptyText) {
  const auto failure_of = [](const std::string& at) {
    InputFile file(at);
    std::string line;
    EXPECT_FALSE(file.next_line(line));
    EXPECT_EQ(read_file(at).failure, file.failure());
    return file.failure();
  };
  EXPECT_EQ(failure_of(directory), "cannot read " + directory + ": Is a directory");
  EXPECT_EQ(failure_of(directory + "/none"),
            "cannot read " + directory + "/none: No such file or directory");
  // Its reads fail in the middle: nothing is mapped at the beginning of a process's memory.
  EXPECT_EQ(failure_of("/proc/self/mem"), "cannot read /proc/self/mem: Input/output error");
  EXPECT_EQ(failure_of(file_of("\xff\xfe"
                               "a")),
            "cannot read " + path + ": it is UTF-16; save it as UTF-8");
}

TEST_F(InputFileTest, HasLimits) {
  const std::string at = file_of(std::string(3000, 'x'));
  EXPECT_EQ(read_file(at, 3000).failure, "");
  EXPECT_EQ(read_file(at, 2048).failure, "cannot read " + path + ": it is larger than 2 KiB");
  EXPECT_EQ(read_file(at, 2048).text, "");
  InputFile file(file_of(std::string(2 * kInputLineMax, 'x')));
  std::string line;
  EXPECT_FALSE(file.next_line(line));
  EXPECT_EQ(file.failure(), "cannot read " + path + ": it has a line of more than 1 MiB");
}

TEST_F(InputFileTest, TellsALineThatWasCut) {
  InputFile file(file_of("whole\ncut"));
  std::string line;
  ASSERT_TRUE(file.next_line(line));
  EXPECT_TRUE(file.line_had_end());
  ASSERT_TRUE(file.next_line(line));
  EXPECT_FALSE(file.line_had_end());
}

}  // namespace
}  // namespace plated
