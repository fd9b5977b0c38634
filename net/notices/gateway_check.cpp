#include "net/notices/gateway_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "posix/descriptor.h"

namespace plated {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

std::string file_problem(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (file.is_open()) {
    return {};
  }
  // It is made with the first message.
  if (errno == ENOENT) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    if (::access(parent.empty() ? "." : parent.c_str(), W_OK | X_OK) == 0) {
      return {};
    }
  }
  return path + ": " + std::generic_category().message(errno);
}

std::string webhook_problem(const std::string& address, Millis patience) {
  const auto url = parse_webhook_url(address);
  if (!url) {
    return address + " is no address of a web hook";
  }
  asio::io_context context;
  Tcp::resolver resolver(context);
  Tcp::socket socket(context);
  std::string problem = "no connection within " + std::to_string(patience.count()) + " ms";
  resolver.async_resolve(
      url->host, url->port, [&](boost::system::error_code error, const auto& found) {
        if (error) {
          problem = error.message();
          return;
        }
        asio::async_connect(socket, found, [&](boost::system::error_code failed, const auto&) {
          problem = failed ? failed.message() : "";
        });
      });
  context.run_for(patience);
  return problem.empty() ? "" : url->host + ":" + url->port + ": " + problem;
}

}  // namespace

std::string gateway_problem(const SmsGatewayOptions& options, const SmsCounts& counts,
                            Millis patience) {
  if (options.kind == SmsGatewayKind::none) {
    return "sms.gateway is none";
  }
  if (!counts.last_failure.empty()) {
    return "the last message did not leave: " + counts.last_failure;
  }
  return options.kind == SmsGatewayKind::file ? file_problem(options.file)
                                              : webhook_problem(options.webhook, patience);
}

}  // namespace plated
