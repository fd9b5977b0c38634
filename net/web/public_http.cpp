#include "net/web/public_http.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "engine/check.h"
#include "engine/plate.h"
#include "net/protocol/answer_text.h"
#include "net/protocol/html_text.h"
#include "net/protocol/rehearsal.h"
#include "net/protocol/trimmed.h"
#include "net/web/office_json.h"
#include "net/web/page_assets.h"
#include "net/web/query.h"

namespace plated {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kModeMark = "{{mode}}";
constexpr std::string_view kPlatformNameMark = "{{platform_name}}";
constexpr std::string_view kPlatformUrlMark = "{{platform_url}}";
constexpr std::string_view kBrotli = "br";
constexpr std::string_view kGzip = "gzip";

constexpr Message kNothingHere = {{"没有这个页面", "There is nothing here"},
                                  {"网址可能有误，或者页面已经移走。请从首页重新进入。",
                                   "The address may be wrong, or the page has moved. Please start "
                                   "again from the first page."}};
constexpr Message kNoSuchOffice = {
    {"没有这个车管所的号池", "No pool of that office"},
    {"请从号池公示中选择车管所。", "Please choose an office in the pool notice."}};

HttpReply plain(unsigned status, std::string_view text) {
  HttpReply reply;
  reply.status = status;
  reply.body = text;
  return reply;
}

// No search engine keeps it, whoever has published its address.
void keep_out_of_indexes(HttpReply& reply) {
  reply.fields.emplace_back("X-Robots-Tag", "noindex, nofollow");
}

// Tags the reply, and leaves its body out for whoever has that already.
void leave_out_what_is_known(const HttpRequest& request, std::string tag, HttpReply& reply) {
  if (request.if_none_match.find(tag) != std::string_view::npos) {
    reply.status = 304;
    reply.body = {};
  }
  reply.fields.emplace_back("ETag", std::move(tag));
}

std::string short_hash(std::string_view text) {
  std::array<uint8_t, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const uint8_t*>(text.data()),
                     text.size(), nullptr, 0);
  return hex_of(hash);
}

void replace_mark(std::string_view mark, std::string_view words, std::string& text) {
  if (const std::size_t at = text.find(mark); at != std::string::npos) {
    std::string escaped;
    append_escaped(words, escaped);
    text.replace(at, mark.size(), escaped);
  }
}

// Whether a list of tokens, as in Accept-Encoding, has one that is not switched off by q=0.
bool accepts(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    const std::size_t mark = std::min(item.find(';'), item.size());
    if (trimmed(item.substr(0, mark)) != token) {
      continue;
    }
    const std::size_t quality = item.find("q=0", mark);
    return quality == std::string_view::npos ||
           item.find_first_of("123456789", quality + 3) != std::string_view::npos;
  }
  return false;
}

}  // namespace

PublicHttp::PublicHttp(Parts parts)
    : parts_(std::move(parts)),
      answer_fields_({parts_.secure, parts_.public_url}),
      entrance_({parts_.engine, parts_.ticks, parts_.tickets, parts_.open, parts_.rehearsal,
                 parts_.secure, parts_.platform}),
      notice_({parts_.engine, parts_.ticks, parts_.monotonic, parts_.revealed, parts_.rehearsal}),
      filled_tag_("-" + std::string(mode())) {
  const std::string& name = parts_.platform.name;
  const std::string& url = parts_.platform.url;
  if (!url.empty()) {
    const std::string text = name + "\n" + url;
    filled_tag_ += "-" + short_hash(text);
  }
}

HttpReply PublicHttp::answer(const HttpRequest& request) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, mark);
  const bool leaves = path == "/leave";
  const bool options = request.method == "OPTIONS";
  if (!leaves && !(options && path == "*") && !knows(path)) {
    return told(404, kNothingHere);
  }
  if (leaves || (request.method != "GET" && request.method != "HEAD")) {
    HttpReply reply = options  ? plain(204, {})
                      : leaves ? plain(405, "only POST is answered here\n")
                               : plain(405, "only GET and HEAD are answered here\n");
    reply.fields.emplace_back("Allow", leaves ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");
    return reply;
  }
  const std::string_view query = request.target.substr(std::min(mark + 1, request.target.size()));
  const Route* const route = find_route(path);
  return route == nullptr ? asset(request, path)
                          : route->answer(*this, {path.substr(route->path.size()), query, request});
}

// A path that ends with a slash is the beginning of those it answers; the others stand whole.
const PublicHttp::Route* PublicHttp::find_route(std::string_view path) {
  using Http = PublicHttp;
  static constexpr std::array<Route, 10> kRoutes = {{
      {"/enter",
       [](Http& http, const Asked& a) { return http.entrance_.enter(a.query, a.request); }},
      {"/login", [](Http& http, const Asked& a) { return http.login(a.query, a.request); }},
      {"/pools", [](Http& http, const Asked& a) { return http.pools_page(a.query, a.request); }},
      {"/v1/pools",
       [](Http& http, const Asked& a) { return http.pools({.json = true}, a.request); }},
      {"/healthz", [](Http&, const Asked&) { return plain(200, "ok\n"); }},
      {"/readyz", [](Http& http, const Asked&) { return http.ready(); }},
      {"/v1/select",
       [](Http&, const Asked&) {
         return upgrade_required("this is a WebSocket: upgrade, with the subprotocol plated.v1\n");
       }},
      {"/v1/terms/", [](Http& http, const Asked& a) { return http.terms(a.rest); }},
      {"/v1/offices/", [](Http& http, const Asked& a) { return http.office(a.rest); }},
      {"/v1/voucher/", [](Http& http, const Asked& a) { return http.voucher(a.rest, a.query); }},
  }};
  const auto* const found = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& route) {
    return route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
  });
  return found == kRoutes.end() ? nullptr : found;
}

bool PublicHttp::knows(std::string_view path) const {
  return path == "/login" ? parts_.demo_ticket != nullptr
                          : find_route(path) != nullptr || find_page_asset(path) != nullptr;
}

std::string_view PublicHttp::mode() const {
  if (parts_.demo_ticket) {
    return "demo";
  }
  return parts_.rehearsal ? "rehearsal" : "real";
}

std::string PublicHttp::filled_in(std::string_view page) const {
  std::string text(page);
  replace_mark(kModeMark, mode(), text);
  replace_mark(kPlatformNameMark, parts_.platform.name, text);
  replace_mark(kPlatformUrlMark, parts_.platform.url, text);
  return text;
}

HttpReply PublicHttp::asset(const HttpRequest& request, std::string_view path) {
  const PageAsset* const found = find_page_asset(path);
  check(found != nullptr, "a path that is answered is known");
  HttpReply reply;
  reply.content_type = found->content_type;
  reply.body = found->bytes;
  // Tags of one mode must not be taken for another's by a browser that visits both.
  std::string tag(found->etag);
  if (found->bytes.find(kModeMark) != std::string_view::npos) {
    reply.set_body(filled_in(found->bytes));
    tag.insert(tag.size() - 1, filled_tag_);
  } else if (!found->gzip.empty() || !found->brotli.empty()) {
    reply.fields.emplace_back("Vary", "Accept-Encoding");
    for (const auto& [name, bytes] : {std::pair{kBrotli, found->brotli}, {kGzip, found->gzip}}) {
      if (bytes.empty() || !accepts(request.accept_encoding, name)) {
        continue;
      }
      reply.body = bytes;
      reply.fields.emplace_back("Content-Encoding", name);
      tag.insert(tag.size() - 1, std::string("-").append(name));
      break;
    }
  }
  reply.fields.emplace_back("Cache-Control",
                            found->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  leave_out_what_is_known(request, std::move(tag), reply);
  return reply;
}

HttpReply PublicHttp::login(std::string_view query, const HttpRequest& request) {
  if (query.empty()) {
    return asset(request, "/login");
  }
  const std::optional<std::string> owner = query_value(query, "owner");
  if (!owner || !rehearsal_number(*owner)) {
    return told(400, {{"没有这个所有人", "There is no such owner"},
                      {"演示的所有人是 r- 加一个数字，例如 r-7。请返回重填。",
                       "An owner of a demonstration is r- and a number, such as r-7. Go back and "
                       "enter one."}});
  }
  return redirect("/enter?ticket=" + parts_.demo_ticket(*owner));
}

HttpReply PublicHttp::terms(std::string_view version) {
  const std::optional<std::string> name = percent_decoded(version);
  const std::optional<Terms> terms = name ? parts_.engine.terms(*name) : std::nullopt;
  if (!terms) {
    return plain(404, "there is no such version of the terms\n");
  }
  std::string text = "{\"version\":";
  write_json_text(*name, text);
  text += ",\"zh\":";
  write_json_text(terms->zh, text);
  text += ",\"en\":";
  write_json_text(terms->en, text);
  text += "}";
  HttpReply reply = made(kJson, std::move(text));
  reply.fields.emplace_back("Cache-Control", "public, max-age=3600");
  reply.rests_on = parts_.engine.last_sequence();
  return reply;
}

HttpReply PublicHttp::office(std::string_view code) {
  const std::optional<std::string> name = percent_decoded(code);
  const std::optional<OfficeCode> parsed = name ? parse_office(*name).office : std::nullopt;
  const std::optional<Office> found = parsed ? parts_.engine.office(*parsed) : std::nullopt;
  if (!found) {
    return plain(404, "there is no such office\n");
  }
  HttpReply reply = made(kJson, office_json(*found));
  reply.fields.emplace_back("Cache-Control", "public, max-age=5");
  reply.rests_on = parts_.engine.last_sequence();
  return reply;
}

// A voucher's code is told only with an answer that is durable, so who has one may see it; what
// rests on a reservation that is not yet safe is not there.
HttpReply PublicHttp::voucher(std::string_view code, std::string_view query) {
  HttpReply reply = voucher_reply(code, query);
  keep_out_of_indexes(reply);
  return reply;
}

HttpReply PublicHttp::voucher_reply(std::string_view code, std::string_view query) {
  const std::optional<VoucherCode> parsed = parse_voucher(code);
  const std::optional<VoucherReport> report =
      parsed ? parts_.engine.voucher(*parsed) : std::nullopt;
  if (!report || !parts_.is_durable(report->sequence)) {
    return told(404, {{"没有这个凭证", "There is no such voucher"},
                      {"凭证编号有误，或者预选已逾期、已被车管所撤销，凭证不再有效。请从“号牌预选”"
                       "查看您的业务现在的状态，或咨询车管所。",
                       "Its number is wrong, or the reservation has lapsed or was voided by the "
                       "office, and the voucher is valid no longer. Look up your selection, or ask "
                       "the vehicle office."}});
  }
  const bool receipt = query_value(query, "paper") == "receipt";
  HttpReply reply =
      made(kHtml, voucher_page(voucher_text(*report, code), receipt ? Paper::receipt : Paper::a4));
  keep_nowhere(reply);
  reply.rests_on = parts_.engine.last_sequence();  // its step and deadline may be newer than it
  return reply;
}

VoucherText PublicHttp::voucher_text(const VoucherReport& report, std::string_view code) {
  VoucherText text;
  text.plate = report.plate;
  text.vehicle_tail = vehicle_tail(report.vehicle);
  text.owner = masked_id(report.owner);
  if (const std::optional<OwnerReport> owner = parts_.engine.owner(report.owner);
      owner && owner->key != 0) {
    if (const std::optional<PersonalData> person = parts_.open(owner->key, owner->sealed)) {
      text.owner = masked_name(person->name);
      text.id_number = masked_id(person->id_number);
    }
  }
  if (const std::optional<Office> office = parts_.engine.office(report.plate.pool.office)) {
    text.office_name = office->name;
    text.address = office->contact.address;
    text.telephone = office->contact.telephone;
    text.hours = office->contact.hours;
    text.confirmed_at = local_time(report.confirmed_at, office->utc_offset);
    text.blacklist_years = static_cast<int>(office->settings.blacklist_years);
  }
  text.deadline = report.deadline;
  text.code = code;
  text.url = parts_.public_url + "/v1/voucher/" + text.code;
  text.step = report.step;
  text.automatic = report.automatic;
  text.rehearsal = parts_.rehearsal;
  return text;
}

HttpReply PublicHttp::pools_page(std::string_view query, const HttpRequest& request) {
  PoolNotice::Form form{.language = page_language(query, request.accept_language)};
  if (const std::optional<std::string> name = query_value(query, "office")) {
    form.office = parse_office(*name).office;
    if (!form.office) {
      return told(404, kNoSuchOffice);
    }
  }
  HttpReply reply = pools(form, request);
  reply.fields.emplace_back("Vary", "Accept-Language");
  return reply;
}

HttpReply PublicHttp::pools(const PoolNotice::Form& form, const HttpRequest& request) {
  const std::optional<PoolNotice::Answer> answer = notice_.ask(form);
  if (!answer) {
    return told(404, kNoSuchOffice);
  }
  const bool packed = accepts(request.accept_encoding, kGzip);
  HttpReply reply;
  reply.content_type = form.json ? kJson : kHtml;
  reply.text = {answer->text, packed ? &answer->text->gzip : &answer->text->plain};
  reply.body = *reply.text;
  reply.rests_on = answer->rests_on;
  reply.fields.emplace_back("Cache-Control", "public, max-age=5");
  reply.fields.emplace_back("Vary", "Accept-Encoding");
  if (packed) {
    reply.fields.emplace_back("Content-Encoding", kGzip);
  }
  std::string tag = answer->text->etag;
  if (packed) {
    tag.insert(tag.size() - 1, "-gzip");
  }
  leave_out_what_is_known(request, std::move(tag), reply);
  return reply;
}

HttpReply PublicHttp::told(unsigned status, const Message& message) const {
  return own_page(status, message_page(message, parts_.rehearsal, parts_.platform));
}

HttpReply PublicHttp::ready() const {
  const std::optional<std::string> reason = parts_.not_ready();
  if (!reason) {
    return plain(200, "ready\n");
  }
  HttpReply reply = made("text/plain; charset=utf-8", *reason + "\n");
  reply.status = 503;
  return reply;
}

}  // namespace plated
