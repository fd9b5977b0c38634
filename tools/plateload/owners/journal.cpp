#include "tools/plateload/owners/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "tools/shell/input_file.h"

namespace plated::load {
namespace {

struct Line {
  std::string owner;
  Document document;
};

std::optional<Line> read_line(simdjson::ondemand::parser& parser, MessageReader& reader,
                              const std::string& text) {
  const simdjson::padded_string padded(text);
  simdjson::ondemand::document json;
  std::string_view owner;
  std::string_view raw;
  if (parser.iterate(padded).get(json) != simdjson::SUCCESS ||
      json["owner"].get_string().get(owner) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  Line line;
  line.owner = owner;
  simdjson::ondemand::object application;
  if (json["application"].get_object().get(application) != simdjson::SUCCESS ||
      application.raw_json().get(raw) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  auto document = reader.read_document(raw);
  if (!document) {
    return std::nullopt;
  }
  line.document = std::move(*document);
  return line;
}

}  // namespace

std::string Journal::open(const std::string& path) {
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  return file_.is_open() ? std::string()
                         : "cannot open " + path + ": " + std::generic_category().message(errno);
}

bool Journal::write(std::string_view owner, std::string_view op, std::string_view document) {
  const std::string line =
      fmt::format("{{\"owner\":\"{}\",\"op\":\"{}\",\"application\":{}}}\n", owner, op, document);
  // One write with O_APPEND: lines of several threads do not mix.
  const ssize_t written =
      retry_interrupted([&] { return ::write(file_.number(), line.data(), line.size()); });
  return written == static_cast<ssize_t>(line.size());
}

JournalContents read_journal(const std::string& path) {
  JournalContents contents;
  InputFile file(path);
  simdjson::ondemand::parser parser;
  MessageReader reader;
  std::string text;
  while (file.next_line(text)) {
    if (!file.line_had_end()) {
      break;
    }
    ++contents.lines;
    const auto line = read_line(parser, reader, text);
    if (!line) {
      contents.unreadable = path + ": line " + std::to_string(contents.lines) + " is broken";
      return contents;
    }
    const std::string broken = contents.owners[line->owner].tell(line->document);
    if (!broken.empty()) {
      contents.violations.push_back(line->owner + ": " + broken + " (in the journal)");
    }
  }
  contents.unreadable = file.failure();
  return contents;
}

}  // namespace plated::load
