// The frame and the parts of pages that the server writes itself, for people without scripts,
// printers and screen readers, in Chinese and English; and the short pages that say one thing.
// Pure; every text that comes from outside is escaped.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/types.h"

namespace plated {

struct Words {
  std::string_view zh;
  std::string_view en;
};

// What a page speaks. Both at once: what is carried to a counter, and what is met by accident.
enum class PageLanguage : uint8_t { zh, en, both };

// Where people sign in before they come here; both empty where nobody has configured it.
struct Platform {
  std::string name;
  std::string url;
};

// The language that a query asks for (lang=zh, lang=en), otherwise whichever of the two
// Accept-Language prefers, the first of those that it likes equally; Chinese for whoever names
// neither.
[[nodiscard]] PageLanguage page_language(std::string_view query, std::string_view accept_language);

// Writes `words`; of both languages the English in an element of its own.
void append_words(Words words, PageLanguage language, std::string& out);

struct PageHead {
  Words title;
  PageLanguage language = PageLanguage::both;
  bool rehearsal = false;
  std::string_view style = "pages.css";
  // The same page in the other language; empty where there is none.
  std::string_view other_language = {};
  // A script of the page's assets, run when the page is there; empty for none.
  std::string_view script = {};
  bool indexed = true;  // false: search engines are asked to keep away
  // Where the browser goes on to at once by itself; empty: it stays.
  std::string_view goes_on_to = {};
};
// Everything up to the inside of <main>, and from there to the end.
void begin_page(const PageHead& head, std::string& out);
void end_page(std::string& out);

// A page that says what is the matter and what to do next.
struct Message {
  Words title;
  Words text;
  bool signs_in = false;  // what to do next is to sign in
};
// `platform` is linked where it is known and the message wants it.
[[nodiscard]] std::string message_page(const Message& message, bool rehearsal,
                                       const Platform& platform);

// An instant as `2026-11-23 09:00` at this distance from UTC.
[[nodiscard]] std::string local_time(CivilTime at, std::chrono::minutes offset);
// 2026年11月26日 星期四, or Thursday 26 November 2026.
[[nodiscard]] std::string long_day(Day day, PageLanguage language);
// 1,699,875
[[nodiscard]] std::string grouped(uint64_t number);

// An office by its code and, where it has one, its name.
void append_office(OfficeCode code, std::string_view name, std::string& out);

}  // namespace plated
