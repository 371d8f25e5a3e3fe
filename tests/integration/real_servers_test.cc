// The same site from servers of many makes, each as Debian packages it: the
// same pages are stored.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "storage/body_codec.h"
#include "storage/crawl_reader.h"
#include "tests/integration/loopback_ports.h"
#include "tests/integration/processes.h"

namespace spindle {
namespace testing {
namespace {

// --- The site ------------------------------------------------------------------------------------

// Every byte that is not a letter or digit as %XX, '/' aside.
std::string Escaped(absl::string_view name) {
  std::string escaped;
  for (const unsigned char c : name) {
    if (absl::ascii_isalnum(c) || c == '/' || c == '.' || c == '-' || c == '_') {
      escaped.push_back(c);
    } else {
      absl::StrAppend(&escaped, "%",
                      absl::AsciiStrToUpper(absl::StrCat(absl::Hex(c, absl::kZeroPad2))));
    }
  }
  return escaped;
}

// A folder of odd files, and what a crawl that starts at its "/" must store.
class Site {
 public:
  Site() {
    chmod(scratch_.path().c_str(), 0755);
    std::string index = "<!doctype html><title>Index</title>";
    const auto add = [&](const std::string &file, const std::string &body) {
      Write(file, body);
      pages_["/" + Escaped(file)] = BodyDigest(body);
      absl::StrAppend(&index, "<a href=\"/", Escaped(file), "\">", "x</a>\n");
    };
    for (const char *name : {"with space.html",
                             "  two  spaces .html",
                             "\xc3\xbc-umlaut.html",
                             "\xe6\x97\xa5\xe6\x9c\xac.html",
                             "a+b.html",
                             "per%cent.html",
                             "looks%20escaped.html",
                             "semi;colon.html",
                             "ask?.html",
                             "hash#.html",
                             "amp&.html",
                             "quote'.html",
                             "double\"quote.html",
                             "paren(1).html",
                             "tilde~.html",
                             "UPPER.HTML",
                             "at@.html",
                             "colon:.html",
                             "comma,.html",
                             "dollar$.html",
                             "equals=.html",
                             "bang!.html",
                             "star*.html",
                             "pipe|.html",
                             "brackets[1].html",
                             "braces{1}.html",
                             "caret^.html",
                             "less<than>.html",
                             "back`tick.html",
                             "dots..html",
                             "-dash.html",
                             "_under.html",
                             "no-extension-but.html.html",
                             "deep/er/and/deeper/page.html",
                             "deep/other page.html",
                             "caf\xc3\xa9/men\xc3\xbc.html"}) {
      add(name, absl::StrCat("<!doctype html><title>", Escaped(name), "</title><p>Page."));
    }
    add("empty.html", "");
    add("plain.txt", "Some text,\nand more of it.\n");
    std::string big = "<!doctype html><title>Big</title>";
    while (big.size() < 1'500'000)
      absl::StrAppend(&big, "<p>Paragraph ", big.size(), " of many.\n");
    add("big.html", big);
    for (int i = 0; i < 20; ++i) {
      add(absl::StrCat("more/", i, ".html"), absl::StrCat("<!doctype html><p>More ", i));
    }
    // The same file behind several queries.
    for (const char *query : {"a=1", "a=1&b=%C3%BC", "q=a+b", "", "a=%26&&=;", "x=/../y"}) {
      absl::StrAppend(&index, "<a href=\"/UPPER.HTML?",
                      absl::StrReplaceAll(query, {{"&", "&amp;"}}), "\">q</a>\n");
      pages_[absl::StrCat("/UPPER.HTML?", query)] = pages_.at("/UPPER.HTML");
    }
    // A folder without its slash, and what is not there.
    const std::string folder = "<!doctype html><title>Folder</title><a href=\"child.html\">c</a>";
    Write("folder/index.html", folder);
    pages_["/folder/"] = BodyDigest(folder);
    Write("folder/child.html", "<p>Child");
    pages_["/folder/child.html"] = BodyDigest("<p>Child");
    absl::StrAppend(&index, "<a href=\"/folder\">f</a><a href=\"/missing\">m</a>");
    Write("index.html", index);
    pages_["/"] = BodyDigest(index);
  }

  const std::string &root() const { return scratch_.path(); }

  // Digest of the file by path and query.
  const std::map<std::string, uint64_t> &pages() const { return pages_; }

 private:
  void Write(const std::string &name, const std::string &body) {
    const std::filesystem::path path = scratch_.File(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << body;
  }

  // Where servers that give up being root can read.
  const ScratchDirectory scratch_{"/tmp"};
  std::map<std::string, uint64_t> pages_;
};

// --- The servers ---------------------------------------------------------------------------------

// A running server, with its files.
class Server {
 public:
  Server() { chmod(scratch_.path().c_str(), 0755); }

  int port() const { return port_; }
  std::string File(absl::string_view name) const { return scratch_.File(name); }

  std::string Write(absl::string_view name, const std::string &text) const {
    std::ofstream(File(name)) << text;
    return File(name);
  }

  void Run(const std::string &program, const std::vector<std::string> &arguments) {
    processes_.push_back(std::make_unique<Process>(program, arguments, scratch_.path()));
  }

  std::string Said() const {
    std::string all;
    for (const auto &process : processes_) absl::StrAppend(&all, process->Out(), process->Err());
    return all + ReadFile(File("error"));
  }

 private:
  // Where servers that give up being root can read.
  const ScratchDirectory scratch_{"/tmp"};
  const int port_ = FreePort();
  std::vector<std::unique_ptr<Process>> processes_;
};

void RunNginx(const Site &site, int port, Server *server) {
  std::string conf =
      absl::StrCat("daemon off; master_process off; pid ", server->File("pid"), ";\nerror_log ",
                   server->File("error"),
                   ";\nevents {}\nhttp {\n include /etc/nginx/mime.types; access_log off;\n",
                   " gzip on; absolute_redirect off;\n server { listen 127.0.0.1:", port, "; root ",
                   site.root(), "; }\n");
  for (const char *kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    absl::StrAppend(&conf, " ", kind, "_temp_path ", server->File(kind), ";\n");
  }
  server->Run("/usr/sbin/nginx",
              {"-c", server->Write("nginx.conf", conf + "}\n"), "-e", server->File("error")});
}

void RunApache(const Site &site, Server *server) {
  std::string conf;
  for (const char *module :
       {"mpm_event", "unixd", "authz_core", "dir", "mime", "filter", "deflate"}) {
    if (!std::filesystem::exists(absl::StrCat("/usr/lib/apache2/modules/mod_", module, ".so")))
      continue;
    absl::StrAppend(&conf, "LoadModule ", module, "_module /usr/lib/apache2/modules/mod_", module,
                    ".so\n");
  }
  if (geteuid() == 0) conf += "User www-data\nGroup www-data\n";
  absl::StrAppend(&conf, "ServerName 127.0.0.1\nListen 127.0.0.1:", server->port(), "\nServerRoot ",
                  server->File(""), "\nDefaultRuntimeDir ", server->File(""), "\nPidFile ",
                  server->File("pid"), "\nErrorLog ", server->File("error"), "\nDocumentRoot \"",
                  site.root(), "\"\nDirectoryIndex index.html\nTypesConfig /etc/mime.types\n",
                  "AddOutputFilterByType DEFLATE text/html\n");
  server->Run("/usr/sbin/apache2", {"-DFOREGROUND", "-f", server->Write("apache.conf", conf)});
}

// Its Debian package compresses only with another one beside it.
void RunLighttpd(const Site &site, Server *server) {
  const std::string conf = absl::StrCat(
      "server.document-root = \"", site.root(),
      "\"\nserver.bind = \"127.0.0.1\"\nserver.port = ", server->port(), "\nserver.errorlog = \"",
      server->File("error"), "\"\nindex-file.names = (\"index.html\")\n",
      "mimetype.assign = (\".html\" => \"text/html\", \".txt\" => "
      "\"text/plain\")\n");
  server->Run("/usr/sbin/lighttpd", {"-D", "-f", server->Write("lighttpd.conf", conf)});
}

// In front of nginx.
void RunHaproxy(const Site &site, Server *server) {
  const int backend = FreePort();
  RunNginx(site, backend, server);
  WaitForListener(backend);
  server->Run(
      "/usr/sbin/haproxy",
      {"-db", "-f",
       server->Write(
           "haproxy.cfg",
           absl::StrCat("defaults\n mode http\n timeout connect 5s\n timeout client "
                        "30s\n",
                        " timeout server 30s\nfrontend in\n bind 127.0.0.1:", server->port(),
                        "\n default_backend site\nbackend site\n server one 127.0.0.1:", backend,
                        "\n"))});
}

void RunCaddy(const Site &site, Server *server) {
  server->Run(
      "/usr/bin/env",
      {absl::StrCat("HOME=", server->File("")), "/usr/bin/caddy", "run", "--adapter", "caddyfile",
       "--config",
       server->Write("Caddyfile", absl::StrCat("{\n admin off\n auto_https off\n}\n",
                                               "http://127.0.0.1:", server->port(),
                                               " {\n bind 127.0.0.1\n root * \"", site.root(),
                                               "\"\n encode zstd gzip\n file_server\n}\n"))});
}

void RunPython(const Site &site, Server *server) {
  server->Run("/usr/bin/python3", {"-m", "http.server", "--bind", "127.0.0.1", "--directory",
                                   site.root(), absl::StrCat(server->port())});
}

void RunNode(const Site &site, Server *server) {
  constexpr char kScript[] = R"(
const http = require('http'), fs = require('fs'), path = require('path'), zlib = require('zlib');
const [root, port] = process.argv.slice(2);
http.createServer((request, response) => {
  const url = decodeURIComponent(request.url.split('?')[0]);
  let file = path.join(root, url);
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  if (fs.statSync(file).isDirectory()) {
    if (!url.endsWith('/')) return response.writeHead(302, {location: url + '/'}).end();
    file = path.join(file, 'index.html');
  }
  const type = /\.html$/i.test(file) ? 'text/html' : 'text/plain';
  response.writeHead(200, {'content-type': type, 'content-encoding': 'br'});
  fs.createReadStream(file).pipe(zlib.createBrotliCompress()).pipe(response);
}).listen(port, '127.0.0.1');
)";
  server->Run("/usr/bin/node",
              {server->Write("server.js", kScript), site.root(), absl::StrCat(server->port())});
}

// HTTP/2 alone, so with TLS, and a certificate of its own.
void RunNghttpd(const Site &site, Server *server) {
  RunToEnd("/usr/bin/openssl",
           {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", server->File("key"), "-out", server->File("certificate")});
  server->Run("/usr/sbin/nghttpd",
              {"--verbose", "--address=127.0.0.1", "--htdocs=" + site.root(),
               "--mime-types-file=/etc/mime.types", absl::StrCat(server->port()),
               server->File("key"), server->File("certificate")});
}

struct Make {
  const char *name;
  const char *program;
  const char *package;
  bool compresses;  // as set up here
  std::function<void(const Site &, Server *)> run;
  bool http2 = false;
};

std::ostream &operator<<(std::ostream &out, const Make &make) { return out << make.name; }

const Make kMakes[] = {
    {"nginx", "/usr/sbin/nginx", "nginx-light", true,
     [](const Site &site, Server *server) { RunNginx(site, server->port(), server); }},
    {"apache", "/usr/sbin/apache2", "apache2-bin", true, RunApache},
    {"lighttpd", "/usr/sbin/lighttpd", "lighttpd", false, RunLighttpd},
    {"haproxy", "/usr/sbin/haproxy", "haproxy", true, RunHaproxy},
    {"caddy", "/usr/bin/caddy", "caddy", true, RunCaddy},
    {"python", "/usr/bin/python3", "python3", false, RunPython},
    {"node", "/usr/bin/node", "nodejs", true, RunNode},
    {"nghttpd", "/usr/sbin/nghttpd", "nghttp2-server", false, RunNghttpd,
     /*http2=*/true},
};

class RealServersTest : public ::testing::TestWithParam<Make> {};

// What was stored: digest by path and query. And whether any body came
// compressed.
std::map<std::string, uint64_t> StoredPages(const CrawlDirectory &directory,
                                            const std::string &origin, bool *compressed) {
  std::map<std::string, uint64_t> pages;
  const auto reader = CrawlReader::Open(directory.path());
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return pages;
  const absl::Status status =
      (*reader)->ForEachPage(std::nullopt, [&](const PageKey &, const PageRecord &page) {
        EXPECT_TRUE(absl::StartsWith(page.url, origin)) << page.url;
        pages[page.url.substr(origin.size())] = page.digest;
        *compressed = *compressed || page.wire_bytes < page.decoded_bytes / 2;
        EXPECT_FALSE(page.truncated) << page.url;
        EXPECT_EQ(absl::StartsWith(page.headers, "HTTP/2"), absl::StartsWith(origin, "https:"))
            << page.headers;
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  return pages;
}

TEST_P(RealServersTest, TheSamePagesAreStored) {
  const Make &make = GetParam();
  if (!std::filesystem::exists(make.program) ||
      (std::string(make.name) == "haproxy" && !std::filesystem::exists("/usr/sbin/nginx"))) {
    GTEST_SKIP() << make.program << " is not installed: it is in the package " << make.package;
  }
  const Site site;
  Server server;
  make.run(site, &server);
  ASSERT_TRUE(WaitForListener(server.port())) << server.Said();
  const std::string origin =
      absl::StrCat(make.http2 ? "https" : "http", "://127.0.0.1:", server.port());
  std::vector<std::string> flags = {"--allow_net=127.0.0.0/8", "--per_host_delay=0s", origin + "/"};
  if (make.http2) {
    flags.insert(flags.end(), {"--http2", "--ca_file=" + server.File("certificate")});
  }

  const CrawlDirectory directory;
  const Finished crawl = directory.CrawlToEnd(flags);
  ASSERT_EQ(crawl.code, 0) << crawl.err;
  bool compressed = false;
  EXPECT_EQ(StoredPages(directory, origin, &compressed), site.pages()) << server.Said();
  EXPECT_EQ(compressed, make.compresses);

  std::map<std::string, std::string> others;
  for (const auto &[url, state] : directory.States()) {
    if (state != "fetched") others[url.substr(origin.size())] = state;
  }
  EXPECT_EQ(others,
            (std::map<std::string, std::string>{{"/folder", "redirected"}, {"/missing", "gone"}}));
  EXPECT_EQ(directory.Inspect({"verify"}).code, 0);
}

// Connections that the server had requests on, by its own account: "[id=7] [0.1] recv HEADERS".
size_t CountConnections(const std::string &said) {
  std::set<absl::string_view> ids;
  for (const absl::string_view line : absl::StrSplit(said, '\n')) {
    if (!absl::StrContains(line, "HEADERS frame")) continue;
    const size_t begin = line.find("[id=");
    if (begin != absl::string_view::npos) ids.insert(line.substr(begin, line.find(']', begin)));
  }
  return ids.size();
}

// Connections of a crawl whose first page is the only one to come, so that its connection is
// closed; then all others come at once.
size_t CountConnectionsOfHttp2() {
  const Site site;
  Server server;
  RunNghttpd(site, &server);
  EXPECT_TRUE(WaitForListener(server.port())) << server.Said();
  const CrawlDirectory directory;
  const Finished crawl = directory.CrawlToEnd(
      {"--allow_net=127.0.0.0/8", "--per_host_delay=0s", "--per_host_concurrency=8", "--http2",
       "--max_depth=1", "--ca_file=" + server.File("certificate"),
       absl::StrCat("https://127.0.0.1:", server.port(), "/")});
  EXPECT_EQ(crawl.code, 0) << crawl.err;
  const size_t count = CountConnections(server.Said());
  EXPECT_GE(count, 1u) << server.Said();
  return count;
}

TEST(RealServerTest, RequestsAtOnceShareAConnectionOfHttp2) {
  if (!std::filesystem::exists("/usr/sbin/nghttpd")) GTEST_SKIP() << "nghttpd is not installed";
  EXPECT_LE(CountConnectionsOfHttp2(), 3u);
}

INSTANTIATE_TEST_SUITE_P(All, RealServersTest, ::testing::ValuesIn(kMakes),
                         [](const auto &info) { return std::string(info.param.name); });

}  // namespace
}  // namespace testing
}  // namespace spindle
