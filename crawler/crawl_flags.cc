#include "crawler/crawl_flags.h"

#include <fstream>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "crawler/byte_size.h"
#include "crawler/custom_headers.h"
#include "parsers/mime.h"
#include "parsers/url.h"

namespace {

const spindle::CrawlOptions& Defaults() {
  static const auto* const defaults = new spindle::CrawlOptions;
  return *defaults;
}

}  // namespace

ABSL_FLAG(std::string, dir, Defaults().dir, "directory that the crawl is stored in");
ABSL_FLAG(std::string, config, "", "TOML file of options; the command line goes before it");
ABSL_FLAG(std::string, seeds_file, "", "file of seeds, one URL a line; # begins a comment");
ABSL_FLAG(std::string, summary, "", "file for a summary of the run in JSON");
ABSL_FLAG(std::string, scope, "host",
          "host: the seeds' hosts; domain: their registrable domains; any: all");
ABSL_FLAG(std::string, follow, "pages", "pages: links to pages; all: images, scripts, styles too");
ABSL_FLAG(int64_t, max_pages, Defaults().max_pages, "pages to store in this run; 0: no limit");
ABSL_FLAG(int, max_depth, Defaults().frontier.max_depth, "links from a seed; -1: no limit");
ABSL_FLAG(bool, obey_nofollow, Defaults().pipeline.obey_nofollow,
          "follow no links of pages that say nofollow");
ABSL_FLAG(bool, sitemaps, Defaults().pipeline.sitemaps,
          "fetch the sitemaps that robots.txt names; follow sitemaps and feeds");
ABSL_FLAG(absl::Duration, per_host_delay, Defaults().frontier.politeness.per_host_delay,
          "from one request to a host to its next; 0s only for hosts of your own");
ABSL_FLAG(int, per_host_concurrency, Defaults().frontier.per_host_concurrency,
          "requests to one host at the same time");
ABSL_FLAG(
    bool, recrawl, Defaults().frontier.visit_again,
    "visit pages again when they are due, by how often each changes; runs until it is stopped");
ABSL_FLAG(absl::Duration, recrawl_after, Defaults().frontier.recrawl.initial_interval,
          "until the first visit, where no sitemap says more");
ABSL_FLAG(absl::Duration, recrawl_min, Defaults().frontier.recrawl.min_interval,
          "between two visits at least");
ABSL_FLAG(absl::Duration, recrawl_max, Defaults().frontier.recrawl.max_interval,
          "between two visits at most");
ABSL_FLAG(
    uint64_t, host_pages, Defaults().frontier.budgets.host.max_page_count,
    "pages to store of one host, in all runs together; visits again do not count; 0: no limit");
ABSL_FLAG(spindle::ByteSize, host_bytes, {Defaults().frontier.budgets.host.max_body_bytes},
          "bytes of bodies of one host, such as 1GB; 0: no limit");
ABSL_FLAG(uint64_t, domain_pages, Defaults().frontier.budgets.domain.max_page_count,
          "pages to store of one registrable domain; 0: no limit");
ABSL_FLAG(spindle::ByteSize, domain_bytes, {Defaults().frontier.budgets.domain.max_body_bytes},
          "bytes of bodies of one registrable domain; 0: no limit");
ABSL_FLAG(int, park_depth, Defaults().frontier.budgets.max_depth,
          "links from a seed; what is deeper waits for a run with a larger number; -1: no limit");
ABSL_FLAG(bool, traps, true,
          "leave URLs that look endless: repeated folders, calendars, parameters without number");
ABSL_FLAG(bool, budget_by_links, Defaults().frontier.budgets.by_in_links,
          "a domain may have pages by the number of other domains that link to it");
ABSL_FLAG(
    std::string, clock, "host",
    "what has a delay of its own. host: each host; domain: registrable domains; ip: addresses");
ABSL_FLAG(
    spindle::LineList, clock_group, {},
    "hosts that share a delay, NAME:PATTERN,PATTERN, such as blogs:*.blogspot.com; may be given "
    "several times");
ABSL_FLAG(bool, inject, false, "hand the URLs to the crawl that runs in --dir, and end");
ABSL_FLAG(std::string, user_agent, Defaults().fetcher.user_agent,
          "as sent; its first word is the name for robots.txt. Say how to reach you");
ABSL_FLAG(std::string, allow_net, "",
          "networks that are refused otherwise, such as 127.0.0.0/8,10.0.0.0/8");
ABSL_FLAG(int, workers, Defaults().workers, "event loops, one thread each; 0: one per core");
ABSL_FLAG(int, parser_threads, Defaults().parser_threads, "0: one per core");
ABSL_FLAG(uint32_t, shards, Defaults().shards, "parts of the frontier; fixed for a crawl's life");
ABSL_FLAG(int, max_transfers, Defaults().max_transfers, "requests open at once");
ABSL_FLAG(spindle::ByteSize, memory, {Defaults().memory_bytes},
          "for caches, queues and bodies, such as 2GB; 0: a quarter of the machine's");
ABSL_FLAG(spindle::ByteSize, min_free_disk, {Defaults().min_free_disk_bytes},
          "stop while the disk of --dir still has so much; 0: when it is full");
ABSL_FLAG(std::string, parse, "dom", "dom: tree, text and links; scan: links alone, much faster");
ABSL_FLAG(spindle::ByteSize, max_body_bytes, {Defaults().fetcher.max_body_bytes},
          "of a page as received; the rest is cut off");
ABSL_FLAG(spindle::ByteSize, max_decoded_bytes, {Defaults().pipeline.decode.max_decoded_bytes},
          "of a page, its content coding undone; the rest is cut off");
ABSL_FLAG(spindle::ByteSize, max_header_bytes, {Defaults().fetcher.max_header_bytes},
          "of the header of an answer; with more the URL fails");
ABSL_FLAG(spindle::ByteSize, max_url_bytes, {Defaults().pipeline.url.max_bytes},
          "of a URL; longer ones are not followed");
ABSL_FLAG(std::string, media_types, "",
          "types to fetch, such as text/html,application/*; the bodies of others stay where they "
          "are. Default: all");
ABSL_FLAG(absl::Duration, connect_timeout, Defaults().fetcher.connect_timeout,
          "to connect to a server, TLS included");
ABSL_FLAG(absl::Duration, first_byte_timeout, Defaults().fetcher.first_byte_timeout,
          "for an answer to begin, connecting included");
ABSL_FLAG(absl::Duration, transfer_timeout, Defaults().fetcher.transfer_timeout,
          "for a request and its answer");
ABSL_FLAG(int64_t, low_speed, Defaults().fetcher.low_speed_bytes_per_second,
          "bytes a second that an answer must come at; 0: no limit");
ABSL_FLAG(absl::Duration, low_speed_time, Defaults().fetcher.low_speed_time,
          "how long an answer may be slower than that, in whole seconds");
ABSL_FLAG(bool, http2, Defaults().fetcher.http2,
          "offer HTTP/2 to https servers; requests to a host share a connection");
ABSL_FLAG(std::string, insecure, "",
          "hosts whose certificates may be bad, such as a.example,b.example; * for all. What is "
          "wrong with them is stored");
ABSL_FLAG(spindle::LineList, dns, {},
          "name servers to ask, such as 192.0.2.53,192.0.2.54:5353; may be given several times. "
          "Default: the system's");
ABSL_FLAG(spindle::LineList, resolve, {},
          "addresses of hosts that DNS is not asked for, HOST:ADDRESS or HOST:PORT:ADDRESS, ...");
ABSL_FLAG(std::string, ip, "auto",
          "auto: IPv4, and IPv6 where this machine has it; v4, v6, both: what is asked for");
ABSL_FLAG(spindle::LineList, header, {},
          "\"Name: value\" that is sent with every request; may be given several times");
ABSL_FLAG(bool, cookies, Defaults().fetcher.access.cookies,
          "keep the cookies of each site for the run and send them back");
ABSL_FLAG(std::string, auth_file, "",
          "file of credentials by origin or proxy, lines such as https://example.org basic USER "
          "PASSWORD or socks5://192.0.2.2:1080 basic USER PASSWORD");
ABSL_FLAG(
    std::string, proxy, "",
    "proxies in rotation, such as http://192.0.2.1:3128,socks5://192.0.2.2:1080. Those of http "
    "must allow CONNECT to the ports of https URLs");
ABSL_FLAG(std::string, ca_file, Defaults().fetcher.ca_file,
          "trusted certificate authorities (PEM)");
ABSL_FLAG(std::string, public_suffix_list, Defaults().public_suffix_list,
          "list of publicsuffix.org for a new crawl, which keeps a copy");

namespace spindle {
namespace {

const std::vector<FlagSection>& Sections() {
  static const auto* const sections = new std::vector<FlagSection>{
      {"What to crawl:",
       {"seeds_file", "scope", "follow", "sitemaps", "max_pages", "max_depth", "traps", "inject"}},
      {"How much of each, and when again (over its budget, a host waits for a larger one):",
       {"host_pages", "host_bytes", "domain_pages", "domain_bytes", "budget_by_links", "park_depth",
        "recrawl", "recrawl_after", "recrawl_min", "recrawl_max"}},
      {"How politely:",
       {"per_host_delay", "per_host_concurrency", "clock", "clock_group", "user_agent",
        "obey_nofollow", "allow_net"}},
      {"Files:", {"dir", "config", "summary"}},
      {"Resources:",
       {"workers", "parser_threads", "shards", "max_transfers", "memory", "min_free_disk",
        "parse"}},
      {"Limits and network:",
       {"max_body_bytes",
        "max_decoded_bytes",
        "max_header_bytes",
        "max_url_bytes",
        "media_types",
        "connect_timeout",
        "first_byte_timeout",
        "transfer_timeout",
        "low_speed",
        "low_speed_time",
        "http2",
        "insecure",
        "dns",
        "resolve",
        "ip",
        "header",
        "cookies",
        "auth_file",
        "proxy",
        "ca_file",
        "public_suffix_list"}},
  };
  return *sections;
}

constexpr char kUsage[] =
    R"(Crawls web sites into a directory, politely, and picks up where it was stopped.

  spindle https://example.org/             crawl one host into ./crawl-data
  spindle --scope=domain example.org       and all hosts of its domain
  spindle                                  resume the crawl in ./crawl-data
  inspect --dir=crawl-data stats           look at what was stored

Ctrl-C stops after what is under way; a second Ctrl-C stops at once. Nothing is lost either way.

Exit status: 0 finished, or as far as --max_pages or Ctrl-C let it; 1 an error; 2 the command line or the
directory is wrong; 3 stopped, or not begun, because the machine has too little left (--min_free_disk, a full disk,
open files): what was committed is there, and the same command goes on; 130, 143 a second Ctrl-C, a second SIGTERM.
)";

template <typename Enum>
absl::StatusOr<Enum> ParseChoice(absl::string_view flag, const std::string& value,
                                 const std::vector<std::pair<absl::string_view, Enum>>& choices) {
  std::vector<absl::string_view> names;
  for (const auto& [name, choice] : choices) {
    if (name == value) return choice;
    names.push_back(name);
  }
  std::string all;
  for (const absl::string_view name : names) absl::StrAppend(&all, all.empty() ? "" : ", ", name);
  const std::string nearest = NearestName(value, names);
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, " cannot be \"", value, "\": it is one of ", all,
                   nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?")));
}

absl::Status ReadSeedsFile(const std::string& path, std::vector<std::string>* seeds) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the seeds file ", path));
  std::string line;
  while (std::getline(file, line)) {
    const absl::string_view text = absl::StripAsciiWhitespace(line);
    if (!text.empty() && text.front() != '#') seeds->emplace_back(text);
  }
  return absl::OkStatus();
}

absl::StatusOr<AddressGuard> ReadAllowNet(const std::string& list) {
  std::vector<IpNetwork> networks;
  for (const absl::string_view text : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    absl::StatusOr<IpNetwork> network = IpNetwork::Parse(absl::StripAsciiWhitespace(text));
    if (!network.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--allow_net: ", network.status().message()));
    }
    networks.push_back(*network);
  }
  return AddressGuard(std::move(networks));
}

absl::Status ReadResolverFlags(ResolverOptions* options) {
  absl::StatusOr<std::vector<DnsServer>> servers =
      ParseDnsServers(absl::StrJoin(absl::GetFlag(FLAGS_dns).lines, ","));
  if (!servers.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--dns: ", servers.status().message()));
  }
  options->servers = *std::move(servers);
  absl::StatusOr<std::vector<HostOverride>> overrides =
      ParseHostOverrides(absl::StrJoin(absl::GetFlag(FLAGS_resolve).lines, ","));
  if (!overrides.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--resolve: ", overrides.status().message()));
  }
  options->overrides = *std::move(overrides);
  const absl::StatusOr<IpFamilies> families =
      ParseChoice<IpFamilies>("ip", absl::GetFlag(FLAGS_ip),
                              {{"auto", IpFamilies::kAuto},
                               {"v4", IpFamilies::kIpv4},
                               {"v6", IpFamilies::kIpv6},
                               {"both", IpFamilies::kBoth}});
  if (!families.ok()) return families.status();
  options->families = *families;
  return absl::OkStatus();
}

absl::Status ReadMediaTypes(const std::string& list, std::vector<std::string>* types) {
  for (const absl::string_view text : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    const std::string type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
    const std::optional<MediaType> parsed = MediaType::Parse(type);
    if (!parsed.has_value() || parsed->essence() != type) {
      return absl::InvalidArgumentError(
          absl::StrCat("--media_types: \"", type,
                       "\" is no type such as text/html or text/*; parameters are not looked at"));
    }
    types->push_back(type);
  }
  return absl::OkStatus();
}

// Hosts in the form that URLs have them in.
absl::Status ReadInsecure(const std::string& list, absl::flat_hash_set<std::string>* hosts) {
  for (const absl::string_view text : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    const absl::string_view host = absl::StripAsciiWhitespace(text);
    const std::optional<Url> url = Url::Parse(absl::StrCat("https://", host, "/"));
    const bool is_host = url.has_value() && !url->port().has_value() && url->path() == "/" &&
                         !absl::StrContains(host, '*');
    if (host != "*" && !is_host) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--insecure: \"", host, "\" is no host such as example.org; * alone stands for all"));
    }
    hosts->insert(host == "*" ? std::string(host) : std::string(url->host()));
  }
  return absl::OkStatus();
}

absl::Status ReadAccessFlags(AccessOptions* options) {
  for (const std::string& text : absl::GetFlag(FLAGS_header).lines) {
    absl::StatusOr<std::string> field = ParseCustomHeader(text);
    if (!field.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--header: ", field.status().message()));
    }
    options->headers.push_back(*std::move(field));
  }
  options->cookies = absl::GetFlag(FLAGS_cookies);
  if (const std::string file = absl::GetFlag(FLAGS_auth_file); !file.empty()) {
    absl::StatusOr<CredentialStore> credentials = CredentialStore::Load(file);
    if (!credentials.ok()) {
      return absl::Status(credentials.status().code(),
                          absl::StrCat("--auth_file: ", credentials.status().message()));
    }
    options->credentials = std::make_shared<CredentialStore>(*std::move(credentials));
  }
  absl::StatusOr<std::vector<Proxy>> proxies = ParseProxies(absl::GetFlag(FLAGS_proxy));
  if (!proxies.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--proxy: ", proxies.status().message()));
  }
  options->proxies = *std::move(proxies);
  return absl::OkStatus();
}

absl::Status ReadFrontierFlags(FrontierOptions* options) {
  options->max_depth = absl::GetFlag(FLAGS_max_depth);
  options->per_host_concurrency = absl::GetFlag(FLAGS_per_host_concurrency);
  options->politeness.per_host_delay = absl::GetFlag(FLAGS_per_host_delay);
  options->visit_again = absl::GetFlag(FLAGS_recrawl);
  options->recrawl.initial_interval = absl::GetFlag(FLAGS_recrawl_after);
  options->recrawl.min_interval = absl::GetFlag(FLAGS_recrawl_min);
  options->recrawl.max_interval = absl::GetFlag(FLAGS_recrawl_max);
  options->budgets.host = {absl::GetFlag(FLAGS_host_pages), absl::GetFlag(FLAGS_host_bytes).bytes};
  options->budgets.domain = {absl::GetFlag(FLAGS_domain_pages),
                             absl::GetFlag(FLAGS_domain_bytes).bytes};
  options->budgets.by_in_links = absl::GetFlag(FLAGS_budget_by_links);
  options->budgets.max_depth = absl::GetFlag(FLAGS_park_depth);
  options->traps.enabled = absl::GetFlag(FLAGS_traps);
  const absl::StatusOr<ClockKind> kind = ParseClockKind(absl::GetFlag(FLAGS_clock));
  if (!kind.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--clock: ", kind.status().message()));
  }
  std::vector<ClockGroup> groups;
  for (const std::string& text : absl::GetFlag(FLAGS_clock_group).lines) {
    absl::StatusOr<ClockGroup> group = ParseClockGroup(text);
    if (!group.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--clock_group: ", group.status().message()));
    }
    groups.push_back(*std::move(group));
  }
  absl::StatusOr<ClockGroups> clocks = ClockGroups::Create(*kind, groups);
  if (!clocks.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--clock_group: ", clocks.status().message()));
  }
  options->clocks = *std::move(clocks);
  return absl::OkStatus();
}

absl::Status ReadFlags(CrawlOptions* options) {
  options->dir = absl::GetFlag(FLAGS_dir);
  options->workers = absl::GetFlag(FLAGS_workers);
  options->parser_threads = absl::GetFlag(FLAGS_parser_threads);
  options->shards = absl::GetFlag(FLAGS_shards);
  options->max_pages = absl::GetFlag(FLAGS_max_pages);
  options->max_transfers = absl::GetFlag(FLAGS_max_transfers);
  options->memory_bytes = absl::GetFlag(FLAGS_memory).bytes;
  options->min_free_disk_bytes = absl::GetFlag(FLAGS_min_free_disk).bytes;
  options->public_suffix_list = absl::GetFlag(FLAGS_public_suffix_list);
  if (absl::Status status = ReadFrontierFlags(&options->frontier); !status.ok()) return status;
  options->fetcher.user_agent = absl::GetFlag(FLAGS_user_agent);
  options->fetcher.max_body_bytes = absl::GetFlag(FLAGS_max_body_bytes).bytes;
  options->fetcher.max_header_bytes = absl::GetFlag(FLAGS_max_header_bytes).bytes;
  options->pipeline.decode.max_decoded_bytes = absl::GetFlag(FLAGS_max_decoded_bytes).bytes;
  options->fetcher.max_url_bytes = options->pipeline.url.max_bytes =
      options->frontier.traps.max_url_bytes = absl::GetFlag(FLAGS_max_url_bytes).bytes;
  options->fetcher.connect_timeout = absl::GetFlag(FLAGS_connect_timeout);
  options->fetcher.first_byte_timeout = absl::GetFlag(FLAGS_first_byte_timeout);
  options->fetcher.low_speed_bytes_per_second = absl::GetFlag(FLAGS_low_speed);
  options->fetcher.low_speed_time = absl::GetFlag(FLAGS_low_speed_time);
  options->fetcher.http2 = absl::GetFlag(FLAGS_http2);
  options->fetcher.transfer_timeout = absl::GetFlag(FLAGS_transfer_timeout);
  options->fetcher.ca_file = absl::GetFlag(FLAGS_ca_file);
  options->pipeline.sitemaps = absl::GetFlag(FLAGS_sitemaps);
  options->pipeline.obey_nofollow = absl::GetFlag(FLAGS_obey_nofollow);
  // "mybot/1.0 (+https://example.org/bot)" is called "mybot" in robots.txt.
  const absl::string_view agent = options->fetcher.user_agent;
  options->frontier.product_token = std::string(agent.substr(0, agent.find_first_of("/ (")));
  options->pipeline.extract.product_token = options->frontier.product_token;

  const absl::StatusOr<ScopeKind> scope = ParseChoice<ScopeKind>(
      "scope", absl::GetFlag(FLAGS_scope),
      {{"host", ScopeKind::kHost}, {"domain", ScopeKind::kDomain}, {"any", ScopeKind::kAny}});
  if (!scope.ok()) return scope.status();
  options->scope = *scope;
  const absl::StatusOr<ParseMode> parse = ParseChoice<ParseMode>(
      "parse", absl::GetFlag(FLAGS_parse), {{"dom", ParseMode::kDom}, {"scan", ParseMode::kScan}});
  if (!parse.ok()) return parse.status();
  options->pipeline.parse = *parse;
  const absl::StatusOr<FollowKind> follow =
      ParseChoice<FollowKind>("follow", absl::GetFlag(FLAGS_follow),
                              {{"pages", FollowKind::kPages}, {"all", FollowKind::kAll}});
  if (!follow.ok()) return follow.status();
  options->pipeline.follow = *follow;
  if (absl::Status status = ReadResolverFlags(&options->resolver); !status.ok()) return status;
  absl::Status status =
      ReadMediaTypes(absl::GetFlag(FLAGS_media_types), &options->fetcher.media_types);
  status.Update(ReadInsecure(absl::GetFlag(FLAGS_insecure), &options->fetcher.insecure_hosts));
  status.Update(ReadAccessFlags(&options->fetcher.access));
  if (!status.ok()) return status;
  absl::StatusOr<AddressGuard> guard = ReadAllowNet(absl::GetFlag(FLAGS_allow_net));
  if (!guard.ok()) return guard.status();
  options->fetcher.guard = *std::move(guard);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CrawlCommand> ReadCrawlCommand(absl::Span<char* const> args) {
  absl::StatusOr<CommandLine> line = ParseCommandLine(args, Sections());
  if (!line.ok()) return line.status();
  CrawlCommand command;
  if (line->help) {
    command.help = absl::StrCat(kUsage, FormatHelp(Sections()));
    return command;
  }
  if (const std::string config = absl::GetFlag(FLAGS_config); !config.empty()) {
    absl::Status status = LoadConfigFile(config, Sections(), line->set_flags);
    if (!status.ok()) return status;
  }
  if (absl::Status status = ReadFlags(&command.options); !status.ok()) return status;
  command.summary_file = absl::GetFlag(FLAGS_summary);
  command.inject = absl::GetFlag(FLAGS_inject);
  command.options.seeds = std::move(line->arguments);
  if (const std::string file = absl::GetFlag(FLAGS_seeds_file); !file.empty()) {
    absl::Status status = ReadSeedsFile(file, &command.options.seeds);
    if (!status.ok()) return status;
  }
  return command;
}

}  // namespace spindle
