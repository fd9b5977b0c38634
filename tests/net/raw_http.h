// A client that speaks HTTP byte by byte over a socket of its own, for what no library would send
// or show.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <map>
#include <string>

namespace plated {

class RawHttp {
 public:
  struct Head {
    std::string status;                         // the whole first line
    std::map<std::string, std::string> fields;  // by their names in lower case

    [[nodiscard]] std::string code() const { return status.size() < 12 ? "" : status.substr(9, 3); }
  };

  explicit RawHttp(uint16_t port) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }

  // Sends the request as it is and reads the head of the answer.
  Head ask(const std::string& request) {
    boost::asio::write(socket_, boost::asio::buffer(request));
    boost::system::error_code error;
    boost::asio::read_until(socket_, boost::asio::dynamic_buffer(read_), "\r\n\r\n", error);
    const std::size_t end = std::min(read_.find("\r\n\r\n"), read_.size());
    const std::string text = read_.substr(0, end) + "\r\n";
    read_.erase(0, std::min(end + 4, read_.size()));
    return head_of(text);
  }
  // Everything that comes until `text` has come, or the server closes.
  std::string until(const std::string& text) {
    boost::system::error_code error;
    boost::asio::read_until(socket_, boost::asio::dynamic_buffer(read_), text, error);
    return read_;
  }

 private:
  static Head head_of(const std::string& text) {
    Head head{text.substr(0, text.find("\r\n")), {}};
    for (std::size_t at = text.find("\r\n") + 2; at < text.size();) {
      const std::size_t end = text.find("\r\n", at);
      const std::size_t colon = text.find(": ", at);
      if (end == std::string::npos || colon > end) {
        break;
      }
      std::string name = text.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      head.fields[name] += text.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return head;
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_{context_};
  std::string read_;
};

}  // namespace plated
