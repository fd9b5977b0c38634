// Options: which source wins, what is refused and how that is said.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tools/plated/option_keys.h"
#include "tools/plated/options.h"
#include "tools/shell/nearest.h"

namespace plated {
namespace {

class OptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "plated_options_" + std::to_string(::getpid()) + ".toml";
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  void write(std::string_view toml) {
    std::ofstream(path_) << toml;
    arguments_.insert(arguments_.begin(), {"--config", path_});
  }
  std::variant<Options, Exit> parse(std::vector<std::string> arguments = {},
                                    std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), arguments_.begin(), arguments_.end());
    std::vector<const char*> argv = {"plated"};
    for (const std::string& one : arguments) {
      argv.push_back(one.c_str());
    }
    std::vector<const char*> envp;
    for (const std::string& one : environment) {
      envp.push_back(one.c_str());
    }
    envp.push_back(nullptr);
    return parse_options(static_cast<int>(argv.size()), argv.data(), envp.data());
  }
  Options good(std::vector<std::string> arguments = {}, std::vector<std::string> environment = {}) {
    auto outcome = parse(std::move(arguments), std::move(environment));
    if (const Exit* exit = std::get_if<Exit>(&outcome)) {
      ADD_FAILURE() << exit->err << exit->out;
      return {};
    }
    return std::get<Options>(outcome);
  }
  Exit ends(std::vector<std::string> arguments = {}, std::vector<std::string> environment = {}) {
    auto outcome = parse(std::move(arguments), std::move(environment));
    if (std::holds_alternative<Options>(outcome)) {
      ADD_FAILURE() << "it was accepted";
      return {};
    }
    return std::get<Exit>(outcome);
  }
  void expect_mistake(const std::string& toml, const std::string& text) {
    SCOPED_TRACE(toml);
    arguments_.clear();
    write(toml);
    const Exit exit = ends();
    EXPECT_EQ(exit.status, 78);
    EXPECT_NE(exit.err.find(text), std::string::npos) << exit.err;
    EXPECT_EQ(exit.out, "");
  }

  std::string path_;
  std::vector<std::string> arguments_;
};

TEST_F(OptionsTest, WithoutAnythingTheDefaultsHold) {
  const Options options = good();
  EXPECT_EQ(options.data, "./plated-data");
  EXPECT_EQ(options.listen_address, "127.0.0.1");
  EXPECT_EQ(options.listen_port, 8080);
  EXPECT_EQ(options.admin, "./plated-data/admin.sock");
  EXPECT_EQ(options.ticket_key, "./plated-data/ticket.key");
  EXPECT_EQ(options.sms_file, "./plated-data/sms.jsonl");
  EXPECT_EQ(options.sms_gateway, SmsGatewayKind::file);
  EXPECT_EQ(options.public_url, "http://127.0.0.1:8080");
  EXPECT_GE(options.threads, 1U);
  EXPECT_GE(options.shards, 8U);
  EXPECT_FALSE(options.rehearsal);
}

TEST_F(OptionsTest, EachSourceBeatsTheOneBefore) {
  write("data = \"/file\"\nlisten = \"1.1.1.1:1\"\nadmin = \"/a\"\n");
  const Options options =
      good({"--listen", "3.3.3.3:3"}, {"PLATED_LISTEN=2.2.2.2:2", "PLATED_DATA=/env", "HOME=/x"});
  EXPECT_EQ(options.listen, "3.3.3.3:3");
  EXPECT_EQ(options.data, "/env");
  EXPECT_EQ(options.admin, "/a");
}

TEST_F(OptionsTest, EveryKeyCanBeSaidInTomlAndInTheEnvironment) {
  write(
      "threads = 3\nshards = 16\npublic_url = \"https://plates.example\"\n"
      "allowed_origins = [\"https://a.example\", \"http://b.example:81\"]\n"
      "[ticket]\nalgorithm = \"EdDSA\"\nkey = \"/k\"\n"
      "[tls]\ncertificate = \"/c\"\nkey = \"/t\"\n"
      "[sms]\ngateway = \"webhook\"\nwebhook = \"http://127.0.0.1:99/sms\"\n"
      "[log]\nretirement = \"remove\"\nfile_size_max = 2_000_000\n");
  const Options options =
      good({}, {"PLATED_SNAPSHOT_INTERVAL_S=7", "PLATED_ALLOWED_ORIGINS=https://c.example",
                "PLATED_LIMITS_CONNECTIONS_MAX=11", "PLATED_SNAPSHOT_PROCESS=true"});
  EXPECT_EQ(options.threads, 3U);
  EXPECT_EQ(options.shards, 16U);
  EXPECT_EQ(options.ticket_algorithm, TicketAlgorithm::eddsa);
  EXPECT_EQ(options.ticket_key, "/k");
  EXPECT_EQ(options.sms_gateway, SmsGatewayKind::webhook);
  EXPECT_EQ(options.log_retirement, LogRetirement::remove);
  EXPECT_EQ(options.log_file_size_max, 2'000'000U);
  EXPECT_EQ(options.allowed_origins, std::vector<std::string>{"https://c.example"});
  EXPECT_EQ(options.snapshot_interval_s, 7U);
  EXPECT_TRUE(options.snapshot_process);
  EXPECT_EQ(options.connections_max, 11U);
}

TEST_F(OptionsTest, TheOperatorsSocketMayBeAGroups) {
  const std::string directory = ::testing::TempDir() + "plated_run_" + std::to_string(::getpid());
  ASSERT_EQ(::mkdir(directory.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(directory.c_str(), 0710), 0);
  const std::string group = std::to_string(::getegid());
  write("[admin]\npath = \"" + directory + "/admin.sock\"\ngroup = \"" + group + "\"\n");
  const Options options = good();
  EXPECT_EQ(options.admin, directory + "/admin.sock");
  EXPECT_EQ(options.admin_gid, ::getegid());
  EXPECT_EQ(options.remarks, std::vector<std::string>{});
  // A directory that is closed to it is told, and so is the data directory that is not there yet.
  ASSERT_EQ(::chmod(directory.c_str(), 0700), 0);
  for (const Options& closed :
       {good(), good({"--admin", directory + "/data/admin.sock", "--data", directory + "/data"}),
        good({}, {"PLATED_ADMIN=" + directory + "/later/admin.sock"})}) {
    ASSERT_EQ(closed.remarks.size(), 1U);
    EXPECT_NE(closed.remarks[0].find("cannot reach " + closed.admin), std::string::npos)
        << closed.remarks[0];
  }
  ::rmdir(directory.c_str());
  EXPECT_TRUE(good().remarks.empty()) << "one that is not there is made for the group";
  expect_mistake("[admin]\ngroup = \"no-such-group\"\n",
                 "admin.group names no group of this machine: no-such-group");
  expect_mistake("[admin]\nsocket = \"x\"\n", "unknown key admin.socket");
  expect_mistake("[admin]\npath = 7\n", "admin must be a text");
}

TEST_F(OptionsTest, TheLogHasFourLevels) {
  EXPECT_EQ(good().log_level, LogLevel::info);
  EXPECT_EQ(good({}, {"PLATED_LOG_LEVEL=debug"}).log_level, LogLevel::debug);
  expect_mistake("[log]\nlevel = \"loud\"\n",
                 R"(log.level must be one of "error" "warning" "info" "debug")");
}

TEST_F(OptionsTest, ARehearsalHasNoLimitsButThoseThatAreConfigured) {
  const Options real = good({}, {});
  EXPECT_EQ(real.connections_per_address_max, 2'000U);
  EXPECT_EQ(real.upgrades_per_address, 50U);
  EXPECT_EQ(real.requests_per_connection, 20U);
  EXPECT_EQ(real.interval_draw_ms, 300U);
  EXPECT_EQ(real.interval_confirm_ms, 300U);
  EXPECT_EQ(real.codes_per_address, 200U);
  EXPECT_EQ(real.codes_per_second, 500U);
  const Options rehearsal = good({"--rehearsal"}, {"PLATED_LIMITS_INTERVAL_DRAW_MS=250"});
  EXPECT_EQ(rehearsal.connections_per_address_max + rehearsal.upgrades_per_address +
                rehearsal.requests_per_connection + rehearsal.interval_confirm_ms +
                rehearsal.codes_per_address + rehearsal.codes_per_second,
            0U);
  EXPECT_EQ(rehearsal.interval_draw_ms, 250U);
  EXPECT_EQ(rehearsal.bare_frames_per_connection, 100U) << "a flood is one in a rehearsal, too";
}

TEST_F(OptionsTest, AnUnknownKeyIsAnErrorWithItsPlaceAndTheNearestName) {
  expect_mistake("data = \"x\"\nlisen = \"1.1.1.1:1\"\n",
                 path_ + ":2:1: unknown key lisen; did you mean listen?");
  expect_mistake("[tikcet]\nalgorithm = \"HS256\"\n",
                 ":2:1: unknown key tikcet.algorithm; did you");
  expect_mistake("[ticket]\nalgoritm = \"HS256\"\n", "did you mean ticket.algorithm?");
  expect_mistake("[foo]\n", "unknown key foo");
  expect_mistake("ticket = 1\n", ":1:10: ticket is a section: [ticket]");
}

TEST_F(OptionsTest, AWrongValueIsAnErrorThatSaysWhatWasWanted) {
  expect_mistake("threads = 0\n", ":1:11: threads must be a whole number from 1 to 1024");
  expect_mistake("threads = 1.5\n", "must be a whole number from 1 to 1024");
  expect_mistake("threads = \"2\"\n", "must be a whole number");
  expect_mistake("threads = -1\n", "must be a whole number");
  expect_mistake("rehearsal = 1\n", "rehearsal must be true or false");
  expect_mistake("data = 7\n", "data must be a text");
  expect_mistake("data = []\n", "data must be a text");
  expect_mistake("allowed_origins = [1]\n", "must be a list of texts");
  expect_mistake("ticket.algorithm = \"none\"\n", "must be one of \"HS256\" \"EdDSA\"");
  expect_mistake("data = {}\n", "data must be a text");
}

TEST_F(OptionsTest, BrokenTomlIsAnErrorWithItsPlace) {
  expect_mistake("data = \n", path_ + ":1:");
  expect_mistake("data = \"a\"\ndata = \"b\"\n", path_ + ":2:");
  arguments_ = {"--config", "/absent/plated.toml"};
  const Exit exit = ends();
  EXPECT_EQ(exit.status, 78);
  EXPECT_NE(exit.err.find("/absent/plated.toml"), std::string::npos);
}

TEST_F(OptionsTest, EveryMistakeIsTold) {
  write("lisen = 1\nthreads = 0\n");
  const Exit exit = ends({}, {"PLATED_SHARD=8"});
  EXPECT_EQ(std::count(exit.err.begin(), exit.err.end(), '\n'), 3) << exit.err;
}

TEST_F(OptionsTest, AnUnknownVariableIsAnError) {
  const Exit exit = ends({}, {"PLATED_LISEN=1"});
  EXPECT_EQ(exit.status, 78);
  EXPECT_NE(exit.err.find("PLATED_LISEN: unknown variable; did you mean PLATED_LISTEN?"),
            std::string::npos)
      << exit.err;
  EXPECT_EQ(ends({}, {"PLATED_THREADS=many"}).status, 78);
  EXPECT_EQ(ends({}, {"PLATED_DEMO=maybe"}).status, 78);
}

TEST_F(OptionsTest, ASwitchTakesWhatOtherProgramsTake) {
  for (const std::string word : {"1", "true", "True", "TRUE", "yes", "On"}) {
    EXPECT_TRUE(good({}, {"PLATED_DEMO=" + word}).demo) << word;
  }
  for (const std::string word : {"0", "false", "False", "NO", "off"}) {
    EXPECT_FALSE(good({}, {"PLATED_DEMO=" + word}).demo) << word;
  }
}

TEST_F(OptionsTest, AnEmptyVariableIsNotSet) {
  write("threads = 3\n");
  const Options options =
      good({}, {"PLATED_THREADS=", "PLATED_DEMO=", "PLATED_LISTEN=", "PLATED_CONFIG="});
  EXPECT_EQ(options.threads, 3U);
  EXPECT_FALSE(options.demo);
  EXPECT_EQ(options.listen, "127.0.0.1:8080");
}

TEST_F(OptionsTest, WhatAContainerPlatformSetsIsPassedOverWithOneLine) {
  const Options options =
      good({}, {"PLATED_PORT=tcp://10.0.0.1:80", "PLATED_PORT_80_TCP_ADDR=10.0.0.1",
                "PLATED_SERVICE_HOST=10.0.0.1", "PLATED_SERVICE_PORT_HTTP=80",
                "PLATED_METRICS_PORT=tcp://10.0.0.2:81", "PLATED_METRICS_SERVICE_HOST=10.0.0.2"});
  ASSERT_EQ(options.remarks.size(), 1U);
  EXPECT_NE(options.remarks[0].find("PLATED_SERVICE_HOST"), std::string::npos);
  EXPECT_EQ(ends({}, {"PLATED_PORTS=1"}).status, 78);
  EXPECT_EQ(ends({}, {"PLATED_SERVICES=1"}).status, 78);
  EXPECT_EQ(ends({}, {"PLATED_METRICS_PORT=81"}).status, 78);
}

TEST_F(OptionsTest, ASpanHasAUnitOrIsInSeconds) {
  write("drain_delay = \"1500ms\"\nticket.max_age = \"36h\"\n");
  EXPECT_EQ(good().drain_delay_ms, 1500U);
  EXPECT_EQ(good().ticket_age_max_ms, 36U * 3'600'000);
  EXPECT_EQ(good({}, {"PLATED_DRAIN_DELAY=2m"}).drain_delay_ms, 120'000U);
  EXPECT_EQ(good({}, {"PLATED_DRAIN_DELAY=0"}).drain_delay_ms, 0U);
  arguments_.clear();
  write("drain_delay = 0\n");
  EXPECT_EQ(good().drain_delay_ms, 0U);
  expect_mistake("drain_delay = 3\n", "as in \"24h\", \"90s\" or \"500ms\"");
  EXPECT_EQ(ends({}, {"PLATED_DRAIN_DELAY=3"}).status, 78);
  expect_mistake("drain_delay = \"5 s\"\n", "drain_delay must be a span from 0s to 1h, as in");
  expect_mistake("drain_delay = \"2h\"\n", "must be a span");
  expect_mistake("drain_delay = \"s\"\n", "must be a span");
  expect_mistake("drain_delay = -1\n", "must be a span");
  expect_mistake("ticket.max_age = \"99999999999999999999d\"\n", "must be a span");
}

TEST_F(OptionsTest, ATicketIsGoodForManyUsesUnlessSaidOtherwise) {
  write("");
  EXPECT_EQ(good().ticket_uses, TicketUses::many);
  EXPECT_EQ(good({}, {"PLATED_TICKET_JTI=once"}).ticket_uses, TicketUses::once);
  expect_mistake("ticket.jti = \"twice\"\n", "must be one of \"many\" \"once\"");
}

TEST_F(OptionsTest, ARehearsalEndsAtOnceUnlessItIsToldToWait) {
  EXPECT_EQ(good().drain_delay_ms, 5'000U);
  EXPECT_EQ(good({"--rehearsal"}).drain_delay_ms, 0U);
  EXPECT_EQ(good({"--demo"}, {"PLATED_DRAIN_DELAY=2s"}).drain_delay_ms, 2'000U);
}

TEST_F(OptionsTest, MetricsAreForThisMachineUnlessItIsSaidOtherwise) {
  EXPECT_EQ(good({}, {"PLATED_METRICS_LISTEN=127.0.0.1:9"}).metrics_port, 9);
  EXPECT_EQ(good({}, {"PLATED_METRICS_LISTEN=[::1]:9"}).metrics_address, "::1");
  expect_mistake("metrics.listen = \"0.0.0.0:9\"\n", "metrics.any_address");
  expect_mistake("metrics.listen = \"localhost:9\"\n", "must be ADDR:PORT");
  arguments_.clear();
  write("[metrics]\nlisten = \"0.0.0.0:9\"\nany_address = true\n");
  EXPECT_EQ(good().metrics_address, "0.0.0.0");
}

TEST_F(OptionsTest, TheFileMayBeNamedByTheEnvironment) {
  write("threads = 5\n");
  arguments_.clear();
  EXPECT_EQ(good({}, {"PLATED_CONFIG=" + path_}).threads, 5U);
}

TEST_F(OptionsTest, AWrongFlagIsUsage) {
  const Exit exit = ends({"--lisen", "1.1.1.1:1"});
  EXPECT_EQ(exit.status, 2);
  EXPECT_NE(exit.err.find("unknown flag --lisen; did you mean --listen?"), std::string::npos)
      << exit.err;
  EXPECT_EQ(ends({"something"}).status, 2);
  EXPECT_EQ(ends({"--data"}).status, 2);
  EXPECT_EQ(ends({"--threads", "x"}).status, 2);
  EXPECT_EQ(ends({"--threads", "4096"}).status, 2);
  EXPECT_EQ(ends({"--threads", "010"}).status, 2) << "8 or 10?";
  EXPECT_EQ(ends({"--listen", "nonsense"}).status, 2);
}

TEST_F(OptionsTest, ListenIsAnAddressAndAPort) {
  EXPECT_EQ(good({"--listen", "[::1]:80"}).listen_address, "::1");
  EXPECT_EQ(good({"--listen=0.0.0.0:0"}).listen_port, 0);
  for (const std::string text :
       {"", ":80", "localhost:8080", "1.2.3:80", "plates.example:80", "1.1.1.1",
        "1.1.1.1:", "1.1.1.1:65536", "::1:80", "[]:1", "1.1.1.1:-1", "1.1.1.1:8a"}) {
    EXPECT_EQ(ends({"--listen=" + text}).status, 2) << text;
  }
}

TEST_F(OptionsTest, AVariableThatDoesNotWorkAloneIsNamedAndSoIsTheMissingOne) {
  for (const auto& [said, missing] : {std::pair("PLATFORM_URL=https://x.example/", "PLATFORM_NAME"),
                                      {"TLS_KEY=/k", "TLS_CERTIFICATE"},
                                      {"SMS_GATEWAY=webhook", "SMS_WEBHOOK"}}) {
    const std::string variable = std::string("PLATED_") + said;
    const Exit exit = ends({}, {variable});
    EXPECT_EQ(exit.status, 78);
    EXPECT_NE(exit.err.find("plated: " + variable.substr(0, variable.find('=')) + ": "),
              std::string::npos)
        << exit.err;
    EXPECT_NE(exit.err.find(std::string("(PLATED_") + missing + ")"), std::string::npos)
        << exit.err;
  }
}

TEST_F(OptionsTest, AFlagThatIsEmptyIsRefusedByItsName) {
  const std::string takes = "; it takes: the data directory\nTry plated --help.\n";
  const Exit glued = ends({"--data=", "--check-config"});
  EXPECT_EQ(glued.status, 2);
  EXPECT_EQ(glued.err, "plated: --data= has no value behind it" + takes);
  EXPECT_EQ(ends({"--check-config", "--data", ""}).err, "plated: --data must not be empty" + takes);
  EXPECT_EQ(ends({"--config", "", "--data", "/d"}).status, 2);
  EXPECT_EQ(ends({"--data", "/d", "--admin="}).status, 2);
  EXPECT_EQ(ends({"--check-config", ""}).status, 2);
  expect_mistake("data = \"\"\n", "data must name a directory");
}

TEST_F(OptionsTest, WhatDoesNotFitTogetherIsAnError) {
  expect_mistake("tls.certificate = \"/c\"\n", "tls.certificate does not work alone: say tls.key");
  expect_mistake("tls.key = \"/c\"\n", "tls.key does not work alone: say tls.certificate");
  expect_mistake("sms.gateway = \"webhook\"\n", "sms.gateway does not work alone: say sms.webhook");
  expect_mistake("[sms]\ngateway = \"webhook\"\nwebhook = \"sms.example\"\n",
                 "sms.webhook must be http");
  expect_mistake("shards = 9\n", "shards must be a power of two");
  expect_mistake("rehearsal_office = \"XB\"\n", "rehearsal_office must be an office");
  expect_mistake("public_url = \"plates.example\"\n", "public_url must be");
  expect_mistake("public_url = \"https://plates.example/\"\n", "public_url must be");
  expect_mistake("[platform]\nname = \"x\"\n",
                 "platform.name does not work alone: say platform.url");
  expect_mistake("[platform]\nurl = \"https://x.example/\"\n",
                 "platform.url does not work alone: say platform.name");
  for (const std::string url :
       {"javascript:alert(1)", "x.example", "https://", "https://x y.example"}) {
    expect_mistake("[platform]\nname = \"x\"\nurl = \"" + url + "\"\n", "platform.url must be");
  }
  expect_mistake("public_url = \"https://plates.example/plates\"\n", "without a path");
  expect_mistake("public_url = \"https://plates.example?x\"\n", "without a path");
  expect_mistake("allowed_origins = [\"https://a.example/x\"]\n", "allowed_origins must be");
  expect_mistake("admin = \"/" + std::string(120, 'a') + "\"\n", "admin must be shorter");
}

TEST_F(OptionsTest, ARehearsalSignsItsOwnTicketsAndSendsNothing) {
  write("data = \"/d\"\nticket.algorithm = \"EdDSA\"\nticket.key = \"/k\"\n");
  for (const char* flag : {"--rehearsal", "--demo"}) {
    const Options options = good({flag});
    EXPECT_TRUE(options.rehearsal);
    EXPECT_EQ(options.ticket_algorithm, TicketAlgorithm::hs256);
    EXPECT_EQ(options.ticket_key, "/d/ticket.key");
    EXPECT_EQ(options.sms_gateway, SmsGatewayKind::none);
  }
}

TEST_F(OptionsTest, ThePublicAddressIsWrittenAsBrowsersWriteIt) {
  EXPECT_EQ(good({}, {"PLATED_PUBLIC_URL=https://Plates.example:443"}).public_url,
            "https://plates.example");
  EXPECT_EQ(good({}, {"PLATED_PUBLIC_URL=http://plates.example:80"}).public_url,
            "http://plates.example");
}

TEST_F(OptionsTest, AVoucherThatNobodyCanScanIsRemarkedOn) {
  for (const std::string address : {"0.0.0.0:80", "[::]:80"}) {
    const Options options = good({"--listen", address});
    ASSERT_EQ(options.remarks.size(), 1U) << address;
    EXPECT_NE(options.remarks[0].find("public_url is not set"), std::string::npos);
    EXPECT_TRUE(good({"--listen", address}, {"PLATED_PUBLIC_URL=http://a"}).remarks.empty());
    EXPECT_NE(ends({"--check-config", "--rehearsal", "--listen", address}).err.find("QR"),
              std::string::npos);
  }
}

TEST_F(OptionsTest, AFileThatIsNoneIsNotAnEmptyOne) {
  arguments_ = {"--config", ::testing::TempDir()};
  const Exit exit = ends();
  EXPECT_EQ(exit.status, 78);
  EXPECT_NE(exit.err.find("Is a directory"), std::string::npos) << exit.err;
}

TEST_F(OptionsTest, CheckConfigReadsWhatAStartWouldRead) {
  const auto missing = [&](std::vector<std::string> environment, const std::string& text) {
    const Exit exit = ends({"--check-config"}, std::move(environment));
    EXPECT_EQ(exit.status, kExitStartFailed);
    EXPECT_NE(exit.err.find(text), std::string::npos) << exit.err;
    EXPECT_NE(exit.err.find("No such file"), std::string::npos) << exit.err;
  };
  missing({}, "./plated-data/ticket.key");
  missing({"PLATED_REHEARSAL=1", "PLATED_TLS_CERTIFICATE=/absent/c", "PLATED_TLS_KEY=/absent/k"},
          "tls.certificate /absent/c");
  missing({"PLATED_SMS_GATEWAY=webhook", "PLATED_SMS_WEBHOOK=https://a/",
           "PLATED_SMS_CERTIFICATE_AUTHORITY=/absent/ca"},
          "sms.certificate_authority /absent/ca");
}

TEST_F(OptionsTest, CheckConfigShowsEachValueAndItsSourceAndReadsAsToml) {
  write("threads = 3\nrehearsal = true\n");
  const Exit shown = ends({"--check-config", "--data", "a\"b"}, {"PLATED_SHARDS=8"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_EQ(shown.err, "");
  for (const std::string& text :
       std::vector<std::string>{"threads = 3", "# " + path_ + ":1:11", "# --data",
                                "# PLATED_SHARDS", "# built-in", "data = \"a\\\"b\""}) {
    EXPECT_NE(shown.out.find(text), std::string::npos) << text << " in " << shown.out;
  }
  arguments_.clear();
  write(shown.out);
  EXPECT_EQ(good().data, "a\"b");
  EXPECT_EQ(ends({"--check-config"}, {"PLATED_SHARDS=9"}).status, 78);
}

TEST_F(OptionsTest, HelpAndVersionAreAnswers) {
  const Exit help = ends({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const OptionKey& key : option_keys()) {
    EXPECT_NE(help.out.find(key.name), std::string::npos);
    EXPECT_NE(help.out.find(environment_name(key)), std::string::npos);
  }
  const Exit version = ends({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.out, std::string(version_line()) + "\n");
}

TEST(OptionKeys, TheirNamesAreDistinctEverywhere) {
  std::set<std::string> names;
  for (const OptionKey& key : option_keys()) {
    EXPECT_TRUE(names.insert(environment_name(key)).second) << key.name;
  }
}

TEST(OptionKeys, TheNearestNameTakesTheFewestChanges) {
  const std::vector<std::string> names = {"data", "listen", "threads"};
  EXPECT_EQ(nearest("dta", names), "data");
  EXPECT_EQ(nearest("THREADS", names), "threads");
  EXPECT_EQ(nearest("silent", names), "listen");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace plated
