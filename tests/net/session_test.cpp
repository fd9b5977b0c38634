// Real sockets over loopback: what only a connection can show.
#include "net/server/session.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

#include "net/protocol/http_date.h"
#include "net/protocol/ticket_cookie.h"
#include "tests/net/session_world.h"

namespace plated {
namespace {

TEST_F(SessionTest, AnOwnerWhomTheLogHasNoRoomForIsToldToComeAgain) {
  world_.make_owner(1);
  world_.sink.full = true;
  serve();
  Client known(dial());
  EXPECT_EQ(upgrade(known, ticket("r-1")), 101U);
  Client unknown(dial());
  EXPECT_EQ(upgrade(unknown, ticket("r-2")), 503U);
}

TEST_F(SessionTest, AnOwnerOfARehearsalIsMadeWhenHeComes) {
  serve();
  Client client = connect("r-7");
  const auto list = ask(client, R"({"id":1,"op":"vehicles"})");
  EXPECT_EQ(list.at("ok").at("vehicles").at(0).at("vehicle").as_string(), vehicle_of(7));
  Client other = connect("nobody");
  EXPECT_TRUE(ask(other, R"({"id":1,"op":"vehicles"})").at("ok").at("vehicles").as_array().empty());
}

TEST_F(SessionTest, WhoMayNotComeInIsToldWhy) {
  serve();
  const auto status = [&](const std::string& token, std::string_view protocol = "plated.v1",
                          std::string_view origin = {}) {
    Client client(dial());
    return upgrade(client, token, protocol, origin);
  };
  EXPECT_EQ(status(""), 401U);
  EXPECT_EQ(status("x.y.z"), 401U);
  EXPECT_EQ(status(ticket("r-1"), ""), 400U);
  EXPECT_EQ(status(ticket("r-1"), "plated.v1", "http://evil.example"), 403U);
  EXPECT_EQ(status(ticket("r-1"), "plated.v1", "http://localhost"), 101U);
}

TEST_F(SessionTest, AnAnswerWaitsUntilItIsDurable) {
  serve(1, {}, Sequence{0});
  Client waiting = connect("r-1");
  Client other = connect("r-2");
  send(waiting, enter(1, 5));
  // What rests on nothing is answered at once, on the same thread, after the request before it.
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(ask(other, R"({"id":1,"op":"nonsense"})").as_object().contains("error"));
  }
  EXPECT_EQ(waiting.next_layer().available(), 0U);
  net_->durable(world_.sink.last());
  EXPECT_EQ(receive(waiting).at("id").as_int64(), 5);
}

TEST_F(SessionTest, AnswersComeInTheOrderOfTheRequestsHoweverMany) {
  serve(1, {}, Sequence{0});
  Client client = connect("r-1");
  for (int i = 0; i < 40; ++i) {
    send(client, i % 2 == 0 ? enter(1, i)
                            : R"({"op":"leave","id":)" + std::to_string(i) + R"(,"vehicle":"V"})");
  }
  net_->durable(kEverythingDurable);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(receive(client).at("id").as_int64(), i);
  }
  EXPECT_GT(runs_begun_, 0);
  expect_runs_end();
}

TEST_F(SessionTest, BadInputCostsNothingAndBreaksNothing) {
  serve();
  Client client = connect("r-1");
  const auto refused = ask(client, "{");
  EXPECT_TRUE(refused.at("id").is_null());
  EXPECT_EQ(refused.at("error").at("code").as_string(), "bad_request");
  std::string longest = enter(1);
  longest.append(kFrameMax - longest.size(), ' ');
  EXPECT_TRUE(ask(client, longest).as_object().contains("ok"));
}

TEST_F(SessionTest, AViolationOfTheProtocolClosesWithItsCode) {
  serve();
  Client too_long = connect("r-1");
  send(too_long, std::string(kFrameMax + 1, ' '));
  EXPECT_EQ(closed_with(too_long), 1009);
  Client binary = connect("r-1");
  binary.binary(true);
  send(binary, enter(1));
  EXPECT_EQ(closed_with(binary), 1003);
  Client broken = connect("r-1");
  send(broken, "\xff\xfe");
  EXPECT_EQ(closed_with(broken), 1007);
  Client framing = connect("r-1");
  asio::write(framing.next_layer(), asio::buffer("\xf1\x80zzzz", 6));
  EXPECT_EQ(closed_with(framing), 1002);
}

TEST_F(SessionTest, AFragmentedMessageIsOneRequest) {
  serve();
  Client client = connect("r-1");
  const std::string text = enter(1, 9);
  client.write_some(false, asio::buffer(text.substr(0, 10)));
  client.write_some(false, asio::buffer(text.substr(10, 5)));
  client.write_some(true, asio::buffer(text.substr(15)));
  EXPECT_EQ(receive(client).at("id").as_int64(), 9);
  expect_runs_end();
}

TEST_F(SessionTest, SilenceIsAskedAboutAndThenEnded) {
  serve();
  Client client = connect("r-1");
  const auto expect_ping = [&] {
    char frame[2] = {};
    asio::read(client.next_layer(), asio::buffer(frame));
    EXPECT_EQ(frame[0], '\x89');
    EXPECT_EQ(frame[1], '\0');
  };
  // Service time is the engine's: that it leaps ahead is nobody's silence.
  world_.ticks.advance(std::chrono::minutes(10));
  EXPECT_TRUE(ask(client, R"({"id":0,"op":"vehicles"})").as_object().contains("ok"));
  pass(std::chrono::seconds(20));  // proxies that cut after 30 s see it in time
  expect_ping();
  client.pong({});
  EXPECT_TRUE(ask(client, R"({"id":1,"op":"vehicles"})").as_object().contains("ok"));
  pass(std::chrono::seconds(20));
  expect_ping();
  pass(std::chrono::seconds(40));
  EXPECT_EQ(closed_with(client), 1001);
  EXPECT_EQ(last_.at("reason").as_string(), "idle");
}

TEST_F(SessionTest, AConnectionEndsWithItsTicket) {
  serve();
  Client client = connect("r-1", std::chrono::minutes(1));
  world_.ticks.sleep(std::chrono::minutes(1) + kTicketEndLeeway);
  pass(std::chrono::seconds(31));
  EXPECT_EQ(closed_with(client), 1008);
  EXPECT_EQ(last_.at("event").as_string(), "bye");
  EXPECT_EQ(last_.at("reason").as_string(), "ticket_expired");
}

TEST_F(SessionTest, AConnectionEndsWithATicketThatEndsBeforeTheFirstPing) {
  serve();
  Client client = connect("r-1", std::chrono::seconds(2));
  world_.ticks.sleep(std::chrono::seconds(2) + kTicketEndLeeway);
  pass(std::chrono::seconds(2) + kTicketEndLeeway);
  EXPECT_EQ(closed_with(client), 1008);
  EXPECT_EQ(last_.at("reason").as_string(), "ticket_expired");
}

TEST_F(SessionTest, ASlowReaderIsClosed) {
  ConnectionLimits limits;
  limits.send_queue_max = 16 * 1024;
  serve(1, limits);
  tcp::socket socket(context_);
  socket.open(tcp::v4());
  socket.set_option(asio::socket_base::receive_buffer_size(4096));
  socket.connect({asio::ip::make_address("127.0.0.1"), net_->port()});
  Client client(std::move(socket));
  ASSERT_EQ(upgrade(client, ticket("r-1")), 101U);
  beast::error_code error;
  const std::string text = enter(1);
  for (int i = 0; i < 1'000'000 && !error; ++i) {
    client.write(asio::buffer(text), error);
    if (i % 1000 == 999) {
      pass(std::chrono::milliseconds(100));
    }
  }
  EXPECT_TRUE(error) << "it was never closed";
}

TEST_F(SessionTest, AnotherDeviceHearsOfEveryChangeAndVersionsNeverDecrease) {
  serve(2);
  Client phone = connect("r-1");
  Client tablet = connect("r-1");
  ask(phone, enter(1));
  auto version = ask(tablet, enter(1)).at("ok").at("version").as_int64();
  const std::string v = R"(,"vehicle":")" + vehicle_of(1) + "\"}";
  ask(phone, R"({"id":1,"op":"send_code","for":"submit")" + v);
  ask(phone, R"({"id":1,"op":"submit","code":"000000","terms":"2026-01")" + v);
  ask(phone, R"({"id":1,"op":"send_code","for":"verify")" + v);
  ask(phone, R"({"id":1,"op":"verify","code":"000000")" + v);
  for (int draw = 1; draw <= 3; ++draw) {
    const auto drawn =
        ask(phone, R"({"id":1,"op":"draw","without4":false,"draw":)" + std::to_string(draw) + v);
    ASSERT_TRUE(drawn.as_object().contains("ok")) << drawn;
  }
  int64_t seen = 0;
  while (seen < 3) {
    const auto push = receive(tablet);
    ASSERT_EQ(push.at("event").as_string(), "application");
    const auto& application = push.at("application");
    EXPECT_GT(application.at("version").as_int64(), version);
    version = application.at("version").as_int64();
    seen = application.at("draw").as_int64();
  }
  Changes changes;
  ASSERT_TRUE(
      world_.engine.set_overlay(world_.office, Overlay::paused, "test", kNobody, changes).ok());
  net_->watchers().publish(changes);
  EXPECT_EQ(receive(tablet).at("state").as_string(), "paused");
  EXPECT_EQ(receive(phone).at("event").as_string(), "office");
}

TEST_F(SessionTest, DrainingSaysByeAfterTheAnswersThatAreOwed) {
  serve(1, {}, Sequence{0});
  Client owed = connect("r-1");
  Client idle = connect("r-2");
  send(owed, enter(1, 3));
  EXPECT_TRUE(ask(idle, R"({"id":1,"op":"nonsense"})").as_object().contains("error"));
  net_->drain();
  EXPECT_EQ(closed_with(idle), 1001);
  EXPECT_EQ(last_.at("event").as_string(), "bye");
  EXPECT_GT(last_.at("reconnect_in_ms").as_int64(), 0);
  net_->durable(kEverythingDurable);
  EXPECT_EQ(receive(owed).at("id").as_int64(), 3);
  EXPECT_EQ(closed_with(owed), 1001);
  idle.next_layer().close();
  owed.next_layer().close();
  while (net_->connections() > 0) {
    std::this_thread::yield();
  }
}

TEST_F(SessionTest, WhatIsDurableStaysSo) {
  serve(1, {}, Sequence{1});
  net_->durable(Sequence{5});
  net_->durable(Sequence{3});
  EXPECT_TRUE(net_->is_durable(Sequence{5}));
  EXPECT_FALSE(net_->is_durable(Sequence{6}));
}

// Pongs are written for the peer without end, and it takes none of them.
TEST_F(SessionTest, WhoSendsPingsAndReadsNothingIsCut) {
  serve();
  Client client = connect("r-1");
  std::string pings;
  for (int i = 0; i < 1000; ++i) {
    pings += "\x89\xfd" + std::string(4 + 125, '\0');
  }
  beast::error_code error;
  constexpr int kThousands = 400;  // 50 MB of pongs
  int sent = 0;
  while (sent < kThousands && !error) {
    asio::write(client.next_layer(), asio::buffer(pings), error);
    ++sent;
  }
  EXPECT_TRUE(error) << "the server kept it all";
}

TEST_F(SessionTest, OneOwnerDoesNotTakeEverybodysConnections) {
  ConnectionLimits limits;
  limits.connections_per_owner_max = 2;
  serve(1, limits);
  Client first = connect("r-1");
  Client second = connect("r-1");
  // Both are asked whether they are there, and say so before the patience with them ends.
  std::thread answering([&] {
    for (Client* const client : {&first, &second}) {
      char ping[2] = {};
      asio::read(client->next_layer(), asio::buffer(ping));
      client->pong({});
      ask(*client, R"({"id":1,"op":"vehicles"})");
    }
    pass(std::chrono::seconds(3));
  });
  Client third(dial());
  EXPECT_EQ(upgrade(third, ticket("r-1")), 429U);
  answering.join();
  Client other = connect("r-2");
}

TEST_F(SessionTest, ConnectionsThatSayNothingMakeRoomForOneWhoAsks) {
  ConnectionLimits limits;
  limits.connections_max = 6;
  limits.plain_reserve = 2;
  serve(2, limits);
  Client session = connect("r-1");
  std::vector<tcp::socket> silent;
  for (std::size_t i = 0; i < 40; ++i) {
    silent.push_back(dial());
  }
  for (int i = 0; i < 20; ++i) {
    tcp::socket probe = dial();
    EXPECT_EQ(fetch(probe, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").body(), "ok\n");
  }
  EXPECT_TRUE(ask(session, R"({"id":1,"op":"vehicles"})").as_object().contains("ok"))
      << "sessions make no room";
}

TEST_F(SessionTest, WhereEachSessionComesFromIsKnown) {
  serve(2);
  Client first = connect("r-1");
  Client second = connect("r-2");
  std::map<std::string, std::string> listed;
  for (const SessionEntry& entry : net_->list_sessions()) {
    listed[entry.owner] = text_of(entry.peer);
  }
  const auto local = [](Client& client) {
    return "127.0.0.1:" + std::to_string(client.next_layer().local_endpoint().port());
  };
  EXPECT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed["r-1"], local(first));
  EXPECT_EQ(listed["r-2"], local(second));
}

TEST_F(SessionTest, AConnectionThatIsDeadMakesRoomForTheOwnersNext) {
  ConnectionLimits limits;
  limits.connections_per_owner_max = 2;
  serve(2, limits);
  Client dead = connect("r-1");
  Client alive = connect("r-1");
  std::thread answering([&] {
    char ping[2] = {};
    asio::read(alive.next_layer(), asio::buffer(ping));
    alive.pong({});
    ask(alive, R"({"id":1,"op":"vehicles"})");
    pass(std::chrono::seconds(3));
  });
  Client third(dial());
  EXPECT_EQ(upgrade(third, ticket("r-1")), 101U);
  answering.join();
  EXPECT_EQ(closed_with(dead), 1001);
  EXPECT_EQ(last_.at("reason").as_string(), "idle");
  EXPECT_TRUE(ask(third, R"({"id":1,"op":"vehicles"})").as_object().contains("ok"));
  EXPECT_TRUE(ask(alive, R"({"id":2,"op":"vehicles"})").as_object().contains("ok"));
  EXPECT_EQ(net_->sessions(), 2U);
}

TEST_F(SessionTest, WhoLogsOutLosesTheConnectionsOfThatTicket) {
  serve(2);
  Client phone = connect("r-1");
  Client again = connect("r-1");
  Client other_ticket = connect("r-1", std::chrono::hours(2));
  tcp::socket socket = dial();
  const std::string cookie = std::string(ticket_cookie_name(false)) + "=" + ticket("r-1");
  const std::string begin =
      "POST /leave HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nCookie: " + cookie;
  const auto elsewhere = fetch(socket, begin + "\r\nOrigin: http://evil.example\r\n\r\n");
  EXPECT_EQ(elsewhere.result_int(), 403U);
  EXPECT_TRUE(ask(phone, R"({"id":1,"op":"vehicles"})").as_object().contains("ok"));
  const auto left = fetch(socket, begin + "\r\nOrigin: http://localhost\r\n\r\n");
  EXPECT_EQ(left.result_int(), 303U);
  EXPECT_TRUE(left[http::field::set_cookie].find("Max-Age=0") != beast::string_view::npos);
  for (Client* const client : {&phone, &again}) {
    EXPECT_EQ(closed_with(*client), 1008);
    EXPECT_EQ(last_.at("reason").as_string(), "signed_out");
  }
  EXPECT_TRUE(ask(other_ticket, R"({"id":1,"op":"vehicles"})").as_object().contains("ok"));
}

TEST_F(SessionTest, SeveralLinesOfAFieldAreOneList) {
  serve();
  tcp::socket socket = dial();
  const auto upgraded =
      fetch(socket,
            "GET /v1/select HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n"
            "Sec-WebSocket-Protocol: plated.v1\r\nAuthorization: Basic dTpw\r\n"
            "Authorization: Bearer " +
                ticket("r-1") + "\r\n\r\n");
  EXPECT_EQ(upgraded.result_int(), 101U);
  EXPECT_FALSE(upgraded[http::field::date].empty());
}

TEST_F(SessionTest, AnUpgradeOfAnotherVersionOrWithABadKeyIsToldWhatIsTaken) {
  serve();
  const auto asked = [&](const std::string& lines) {
    tcp::socket socket = dial();
    http_buffer_.clear();
    return fetch(socket,
                 "GET /v1/select HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                 "Upgrade: websocket\r\nSec-WebSocket-Protocol: plated.v1\r\n" +
                     lines + "Authorization: Bearer " + ticket("r-1") + "\r\n\r\n");
  };
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const auto old = asked(key + "Sec-WebSocket-Version: 8\r\n");
  EXPECT_EQ(old.result_int(), 426U);
  EXPECT_EQ(old[http::field::sec_websocket_version], "13");
  EXPECT_EQ(old[http::field::connection], "upgrade, close");
  EXPECT_EQ(old[http::field::content_type], "text/plain; charset=utf-8");
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  EXPECT_EQ(asked(version + key + key).body(),
            "Sec-WebSocket-Key must be 16 bytes in base64, once\n");
}

TEST_F(SessionTest, EveryAnswerHasItsDateAndSaysWhatIsMissing) {
  serve();
  tcp::socket socket = dial();
  const auto unknown = fetch(socket, "GET /v1/select HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(unknown[http::field::www_authenticate], "Bearer");
  EXPECT_EQ(unknown[http::field::date], http_date(world_.ticks.now().civil));
  EXPECT_EQ(fetch(socket,
                  "GET /enter?ticket=x HTTP/1.1\r\nHost: a\r\n\r\n")[http::field::www_authenticate],
            "Bearer");
  const auto known = fetch(socket, "GET /v1/select HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                                       ticket("r-1") + "\r\n\r\n");
  EXPECT_EQ(known.result_int(), 426U);
  EXPECT_EQ(known[http::field::connection], "upgrade");
  EXPECT_EQ(known[http::field::upgrade], "websocket");
  const auto options = fetch(socket, "OPTIONS /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(options.result_int(), 204U);
  EXPECT_TRUE(options[http::field::content_length].empty());
}

TEST_F(SessionTest, TheTargetMayBeAbsoluteAndTheHostMustBeSaidOnce) {
  serve();
  tcp::socket socket = dial();
  EXPECT_EQ(
      fetch(socket, "GET http://a.example/healthz HTTP/1.1\r\nHost: a.example\r\n\r\n").body(),
      "ok\n");
  EXPECT_EQ(fetch(socket, "GET /healthz HTTP/1.1\r\n\r\n").result_int(), 400U);
  http_buffer_.clear();
  tcp::socket twice = dial();
  EXPECT_EQ(fetch(twice, "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").result_int(), 400U);
}

TEST_F(SessionTest, AnOldClientIsToldWhetherItsConnectionLives) {
  serve();
  tcp::socket socket = dial();
  const std::string get = "GET /healthz HTTP/1.0\r\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(fetch(socket, get + "Connection: keep-alive\r\n\r\n")[http::field::connection],
              "keep-alive");
  }
  EXPECT_EQ(fetch(socket, get + "\r\n")[http::field::connection], "close");
  char byte = 0;
  beast::error_code error;
  asio::read(socket, asio::buffer(&byte, 1), error);
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(SessionTest, PlainHttpIsAnsweredAgainAndAgain) {
  serve();
  tcp::socket socket = dial();
  const auto page = fetch(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(page.result_int(), 200U);
  EXPECT_FALSE(page["Content-Security-Policy"].empty());
  const auto head = fetch(socket, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head[http::field::content_length], page[http::field::content_length]);
  EXPECT_EQ(fetch(socket, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").body(), "ok\n");
  EXPECT_EQ(fetch(socket, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").result_int(), 404U);
  EXPECT_EQ(fetch(socket, "GET /v1/select HTTP/1.1\r\nHost: a\r\n\r\n").result_int(), 401U)
      << "the page asks so whether it is logged in";
  const auto post = fetch(socket, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(post.result_int(), 413U);
  EXPECT_FALSE(post.keep_alive());
}

TEST_F(SessionTest, ThePoolNoticeWaitsUntilWhatItShowsIsDurable) {
  serve(1, {}, Sequence{0});
  tcp::socket socket = dial();
  tcp::socket other = dial();
  asio::write(socket, asio::buffer(std::string("GET /v1/pools HTTP/1.1\r\nHost: a\r\n\r\n")));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(fetch(other, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").body(), "ok\n");
  }
  EXPECT_EQ(socket.available(), 0U);
  net_->durable(world_.sink.last());
  http::response<http::string_body> notice;
  http::read(socket, http_buffer_, notice);
  EXPECT_EQ(notice.result_int(), 200U);
  EXPECT_EQ(fetch(socket, "GET /v1/terms/2026-01 HTTP/1.1\r\nHost: a\r\n\r\n").result_int(), 200U);
}

TEST_F(SessionTest, WhatIsNotHttpIsRefused) {
  serve();
  tcp::socket nonsense = dial();
  EXPECT_EQ(fetch(nonsense, "hello there\r\n\r\n").result_int(), 400U);
  http_buffer_.clear();
  tcp::socket endless = dial();
  EXPECT_EQ(
      fetch(endless, "GET / HTTP/1.1\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n").result_int(),
      431U);
}

TEST_F(SessionTest, WhoNeverFinishesHisRequestIsCut) {
  serve();
  tcp::socket socket = dial();
  asio::write(socket, asio::buffer(std::string("GET / HTTP/1.1\r\n")));
  Client witness = connect("r-1");  // the thread has accepted both by now
  pass(std::chrono::seconds(6));
  char byte = 0;
  beast::error_code error;
  asio::read(socket, asio::buffer(&byte, 1), error);
  EXPECT_TRUE(error);
}

}  // namespace
}  // namespace plated
