#include "tests/testing/hostile_site_behaviours.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/coded_bytes.h"
#include "tests/testing/hostile_answers.h"

namespace spindle {
namespace testing {
namespace {

std::string Redirect(absl::string_view location) {
  return Head(302, absl::StrCat("Location: ", location, "\r\nContent-Length: 0\r\n"));
}

// A site of one plain page whose robots.txt is the point.
HostileBehaviour Robots(std::string name, std::string does, std::string record, Answerer robots) {
  return {std::move(name), std::move(does), std::move(record), "http",
          Serving(std::move(robots), PlainPage)};
}

HostileBehaviour FixedRobots(std::string name, std::string does, std::string record,
                             std::string answer) {
  return Robots(std::move(name), std::move(does), std::move(record),
                [answer = std::move(answer)](HostileConnection& c) { return c.Send(answer); });
}

// The number at the end of a path; 0 where there is none.
int NumberIn(const std::string& path) {
  size_t begin = path.size();
  while (begin > 0 && path[begin - 1] >= '0' && path[begin - 1] <= '9') --begin;
  int number = 0;
  return absl::SimpleAtoi(path.substr(begin), &number) ? number : 0;
}

std::string Sitemap(absl::string_view kind, absl::string_view item, absl::string_view loc) {
  return absl::StrCat("<?xml version=\"1.0\"?>\n<", kind,
                      " xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><", item, "><loc>",
                      loc, "</loc></", item, "></", kind, ">\n");
}

// robots.txt names one sitemap, which is answered by `sitemap`.
HostileBehaviour WithSitemap(std::string name, std::string does, std::string record,
                             const std::string& sitemap_path, Answerer sitemap) {
  const auto robots = [sitemap_path](HostileConnection& c) {
    return c.Send(SizedAs("text/plain", absl::StrCat("Sitemap: ", c.origin(), sitemap_path, "\n")));
  };
  const auto page = [sitemap = std::move(sitemap)](HostileConnection& c) {
    return c.path() == "/" ? PlainPage(c) : sitemap(c);
  };
  return {std::move(name), std::move(does), std::move(record), "http", Serving(robots, page)};
}

void AddRedirects(std::vector<HostileBehaviour>* all) {
  all->push_back(
      Fixed("redirect-self", "redirects to itself", "failed: redirect-limit", Redirect("/")));
  all->push_back(
      Page("redirect-pair", "redirects / to /b and back", "redirected; /b failed: redirect-limit",
           [](HostileConnection& c) { return c.Send(Redirect(c.path() == "/" ? "/b" : "/")); }));
  all->push_back(Page("redirect-chain", "redirects 10,000 times",
                      "redirected; the eleventh hop excluded: redirect-limit",
                      [](HostileConnection& c) {
                        const int hop = NumberIn(c.path());
                        if (hop >= 10000) return PlainPage(c);
                        return c.Send(Redirect(absl::StrCat("/", hop + 1)));
                      }));
  const std::string refused = "redirected; the target's host parked: address-refused";
  all->push_back(Fixed("redirect-private", "redirects to a private address", refused,
                       Redirect("http://10.11.12.13/private")));
  all->push_back(Fixed("redirect-metadata", "redirects to a cloud's metadata", refused,
                       Redirect("http://169.254.169.254/latest/meta-data/")));
  all->push_back(Fixed("redirect-mapped", "redirects to a private address inside of an IPv6 one",
                       refused, Redirect("http://[::ffff:192.168.1.1]/mapped")));
  all->push_back(Fixed("redirect-decimal", "redirects to a private address written as one number",
                       refused, Redirect("http://2852039166/decimal")));
  all->push_back(Fixed("redirect-file", "redirects to a file", "failed: redirect-invalid",
                       Redirect("file:///etc/passwd")));
  all->push_back(Fixed("redirect-javascript", "redirects to a script", "failed: redirect-invalid",
                       Redirect("javascript:alert(1)")));
  all->push_back(Fixed("redirect-data", "redirects to a data URL", "failed: redirect-invalid",
                       Redirect("data:text/html,hello")));
  all->push_back(Fixed("redirect-nowhere", "redirects without a Location",
                       "failed: redirect-invalid", Head(302, "Content-Length: 0\r\n")));
  all->push_back(Fixed("redirect-1mb", "redirects to a URL of 1 MB", "failed: too-large",
                       Redirect("/" + std::string(kMega, 'x'))));
  all->push_back(Fixed("redirect-64kb", "redirects to a URL of 64 KB", "failed: redirect-invalid",
                       Redirect("/" + std::string(65536, 'x'))));
  all->push_back(Page("redirect-endless-body", "redirects, with a body without an end",
                      "redirected; the target fetched", [](HostileConnection& c) {
                        if (c.path() != "/") return PlainPage(c);
                        return Endless(Head(302, "Location: /target\r\n"),
                                       std::string(65536, 'x'))(c);
                      }));
}

void AddRobots(std::vector<HostileBehaviour>* all) {
  all->push_back(Robots("robots-drip", "drips its robots.txt for ever",
                        "queued; its host parked: robots cannot be had",
                        Drip(Head(200), "# a comment\n")));
  all->push_back(Robots("robots-silent", "never answers for robots.txt",
                        "queued; its host parked: timeout", [](HostileConnection& c) {
                          c.Hold();
                          return false;
                        }));
  all->push_back(Robots("robots-100mb", "has a robots.txt of 100 MB that forbids / at its begin",
                        "excluded: robots-disallowed", [](HostileConnection& c) {
                          const std::string part = Repeat("Disallow: /0123456789\n", kMega);
                          bool open = c.Send(Head(200) + "User-agent: *\nDisallow: /\n");
                          for (int i = 0; open && i < 100; ++i) open = c.Send(part);
                          return false;
                        }));
  all->push_back(Robots("robots-one-line", "has a robots.txt of one line without an end",
                        "fetched: nothing is forbidden",
                        Endless(Head(200) + "Disallow", std::string(65536, 'x'))));
  all->push_back(FixedRobots("robots-noise", "has a robots.txt of random bytes",
                             "fetched: nothing is forbidden", Sized(Noise(100000))));
  all->push_back(FixedRobots("robots-html", "answers a web page for robots.txt",
                             "fetched: nothing is forbidden", Sized(kPage)));
  all->push_back(FixedRobots("robots-gzip-bomb", "has a gzip bomb for robots.txt",
                             "fetched: nothing is forbidden",
                             Sized(GzipBomb(), "Content-Encoding: gzip\r\n")));
  all->push_back(FixedRobots("robots-corrupt", "has a robots.txt that cannot be decoded",
                             "queued; its host parked: robots-unreachable",
                             Sized("User-agent: *\nAllow: /\n", "Content-Encoding: gzip\r\n")));
  all->push_back(Robots("robots-loop", "redirects robots.txt to itself",
                        "fetched: nothing is forbidden",
                        [](HostileConnection& c) { return c.Send(Redirect("/robots.txt")); }));
  const auto hops = [](int count) {
    const auto answer = [count](HostileConnection& c) {
      const int hop = NumberIn(c.path());
      if (hop < count) return c.Send(Redirect(absl::StrCat("/hop/", hop + 1)));
      return c.Send(SizedAs("text/plain", "User-agent: *\nDisallow: /\n"));
    };
    return Serving(answer, [answer](HostileConnection& c) {
      return absl::StartsWith(c.path(), "/hop/") ? answer(c) : PlainPage(c);
    });
  };
  all->push_back({"robots-five-hops", "has robots.txt behind five redirects; it forbids all",
                  "excluded: robots-disallowed", "http", hops(5)});
  all->push_back({"robots-six-hops", "has robots.txt behind six redirects",
                  "fetched: nothing is forbidden", "http", hops(6)});
  all->push_back(Robots(
      "robots-other-host", "redirects robots.txt to another host, which forbids /forbidden",
      "fetched", [](HostileConnection& c) {
        const size_t colon = c.origin().rfind(':');
        return c.Send(
            Redirect(absl::StrCat("http://127.66.255.1", c.origin().substr(colon), "/robots.txt")));
      }));
  all->push_back(Robots("robots-private", "redirects robots.txt to a private address",
                        "queued; its host parked: robots-unreachable", [](HostileConnection& c) {
                          return c.Send(Redirect("http://10.11.12.14/robots.txt"));
                        }));
  all->push_back(FixedRobots("robots-503", "answers 503 for robots.txt",
                             "queued; its host parked: robots-unreachable",
                             Head(503, "Content-Length: 0\r\n")));
  all->push_back(FixedRobots("robots-429-year", "answers 429 for robots.txt, to be asked in a year",
                             "queued; its host waits for a day at most",
                             Head(429, "Retry-After: 31536000\r\nContent-Length: 0\r\n")));
  all->push_back(FixedRobots("crawl-delay-absurd", "asks for a delay of three years",
                             "queued; its host waits for five minutes at most",
                             SizedAs("text/plain", "User-agent: *\nCrawl-delay: 99999999\n")));
  all->push_back(Fixed("retry-after-year", "answers 503 for its page, to be asked in a year",
                       "queued; its host waits for a day at most",
                       Head(503, "Retry-After: 31536000\r\nContent-Length: 0\r\n")));
  all->push_back(
      Fixed("retry-after-past", "answers 503 with Retry-After: a date long gone",
            "failed: http-status 503",
            Head(503, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n")));
}

void AddPages(std::vector<HostileBehaviour>* all) {
  all->push_back(Fixed("url-1mb", "links to a URL of 1 MB, and to /ok", "fetched, and /ok; no more",
                       Sized(absl::StrCat("<a href=\"/", std::string(kMega, 'x'),
                                          "\">long</a><a href=/ok>ok</a>"))));
  std::string links;
  for (int i = 0; i < 1000000; ++i) absl::StrAppend(&links, "<a href=/", i, ">");
  all->push_back(
      Page("links-million", "links to a million pages, none of which it has",
           "fetched, with as many links as the limit allows",
           [page = Sized(Gzip(links), "Content-Encoding: gzip\r\n")](HostileConnection& c) {
             return c.Send(c.path() == "/" ? page : NotFound());
           }));
  all->push_back(Fixed("nesting-divs", "nests divs 400,000 deep", "fetched",
                       Sized(Repeat("<div>", 2000000) + "<a href=/>end</a>")));
  all->push_back(Fixed("nesting-lists", "nests lists 200,000 deep", "fetched",
                       Sized(Repeat("<ul><li>", 1600000))));
  all->push_back(Fixed("nesting-formatting", "opens formatting in the wrong order, without end",
                       "fetched", Sized(Repeat("<b><i><p></b><a href=/>", 1000000))));
  all->push_back(Fixed("nesting-tables", "nests tables and forms wrongly", "fetched",
                       Sized(Repeat("<table><tr><td><form><b><table>", 1000000))));
  std::string attributes = "<p";
  for (int i = 0; i < 100000; ++i) absl::StrAppend(&attributes, " a", i, "=1");
  all->push_back(Fixed("attributes-many", "has a tag of 100,000 attributes", "fetched",
                       Sized(attributes + "><a href=/>x</a>")));
  all->push_back(Fixed("comment-open", "opens a comment and never closes it", "fetched",
                       Sized("<!-- " + Repeat("<!-- - -- ", 1500000))));
  all->push_back(Fixed("entities-bomb", "is full of character references", "fetched",
                       Sized(Repeat("&NotNestedGreaterGreater;", 2000000))));
  all->push_back(Fixed("type-lies-html", "calls a picture a page", "fetched",
                       Sized("\x89PNG\r\n\x1a\n" + Noise(20000))));
  all->push_back(
      Fixed("type-lies-image", "calls a page a picture", "fetched", SizedAs("image/png", kPage)));
  all->push_back(Fixed("type-none-sense", "has a media type of 20 KB", "fetched",
                       SizedAs("text/" + std::string(20000, 'x'), kPage)));
  all->push_back(Fixed("charset-lies", "says UTF-16 and sends ASCII", "fetched",
                       SizedAs("text/html; charset=utf-16", kPage)));
  all->push_back(Fixed("charset-unknown", "names a charset that does not exist", "fetched",
                       SizedAs("text/html; charset=klingon", kPage)));
  all->push_back(Fixed("charset-broken", "says UTF-8 and sends noise", "fetched",
                       SizedAs("text/html; charset=utf-8", Noise(200000))));
}

void AddSitemaps(std::vector<HostileBehaviour>* all) {
  all->push_back(WithSitemap(
      "sitemap-nested", "has a sitemap index that leads to the next, for ever",
      "fetched, up to the limit of nesting; the next excluded: redirect-limit", "/index-0",
      [](HostileConnection& c) {
        return c.Send(SizedAs(
            "text/xml", Sitemap("sitemapindex", "sitemap",
                                absl::StrCat(c.origin(), "/index-", NumberIn(c.path()) + 1))));
      }));
  all->push_back(WithSitemap(
      "sitemap-gzip-bomb", "has a gzip bomb for a sitemap", "fetched", "/bomb.xml.gz",
      [](HostileConnection& c) { return c.Send(SizedAs("application/gzip", GzipBomb())); }));
  all->push_back(
      WithSitemap("sitemap-50mb", "has a sitemap of 50 MB, all of one page",
                  "fetched, truncated at the limit", "/big.xml", [](HostileConnection& c) {
                    const std::string part =
                        Repeat(absl::StrCat("<url><loc>", c.origin(), "/</loc></url>"), kMega);
                    bool open = c.Send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<?xml version=\"1.0\"?>"
                        "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
                    for (int i = 0; open && i < 50; ++i) open = c.Send(part);
                    return false;
                  }));
  all->push_back(WithSitemap(
      "sitemap-entities", "has a sitemap of entities that multiply (a billion laughs)", "fetched",
      "/laughs.xml", [](HostileConnection& c) {
        std::string body = "<?xml version=\"1.0\"?><!DOCTYPE urlset [<!ENTITY a0 \"ha\">";
        for (int i = 1; i < 30; ++i) {
          absl::StrAppend(&body, "<!ENTITY a", i, " \"", Repeat(absl::StrCat("&a", i - 1, ";"), 40),
                          "\">");
        }
        return c.Send(
            SizedAs("text/xml", body + "]><urlset><url><loc>http://x/&a29;</loc></url></urlset>"));
      }));
}

}  // namespace

void AddSiteBehaviours(std::vector<HostileBehaviour>* all) {
  AddRedirects(all);
  AddRobots(all);
  AddPages(all);
  AddSitemaps(all);
}

}  // namespace testing
}  // namespace spindle
