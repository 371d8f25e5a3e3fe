#include "crawler/page_pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "parsers/charset.h"
#include "parsers/css_links.h"
#include "parsers/header_block.h"
#include "parsers/mime.h"
#include "parsers/response_headers.h"
#include "parsers/robots.h"
#include "parsers/robots_directives.h"
#include "parsers/scan.h"
#include "parsers/simhash.h"
#include "parsers/sitemap.h"
#include "shard/recrawl.h"
#include "storage/body_codec.h"

namespace spindle {
namespace {

// Of an ETag, and of a Last-Modified; a longer one is not kept.
constexpr size_t kMaxValidatorBytes = 1024;

// Breadth first: the depth of a URL is its priority.
uint8_t PriorityOf(uint16_t depth) { return static_cast<uint8_t>(std::min<uint16_t>(depth, 255)); }

// Bytes that a text is made of, as far as these kinds go.
bool IsText(ContentKind kind) {
  switch (kind) {
    case ContentKind::kHtml:
    case ContentKind::kXml:
    case ContentKind::kFeed:
    case ContentKind::kText:
    case ContentKind::kCss:
    case ContentKind::kJavaScript:
    case ContentKind::kJson:
      return true;
    default:
      return false;
  }
}

bool IsCompressedByNature(ContentKind kind) {
  return kind == ContentKind::kImage || kind == ContentKind::kAudioVideo ||
         kind == ContentKind::kArchive || kind == ContentKind::kFont;
}

// Whether a whole body can be told from one that broke off without looking at it. Not where it goes
// on until the connection closes (RFC 9112 6.3), nor in HTTP/2, whose streams libcurl takes to be
// over for other reasons, too.
bool TellsItsEnd(const HeaderBlock& headers) {
  return headers.Get("content-length").has_value() || headers.Get("transfer-encoding").has_value();
}

// What the next visit may be asked under (RFC 9110 8.8). It stands in the record of the URL, and a
// part of it would match nothing.
std::string ValidatorOf(const HeaderBlock& headers, absl::string_view name) {
  const absl::string_view value = headers.Get(name).value_or("");
  return value.size() <= kMaxValidatorBytes ? std::string(value) : "";
}

// Why a whole answer gives less than its whole body, for people; empty: it does not.
std::string WhyCut(const FetchResponse& response, DecodeOutcome outcome) {
  switch (outcome) {
    case DecodeOutcome::kOk:
      break;
    case DecodeOutcome::kTruncatedInput:
      // The coding ends early for that very reason.
      if (!response.truncated) return "the body ends in the middle of its content coding";
      break;
    case DecodeOutcome::kCorrupt:
      return "the body is not in the content coding that its header names, or damaged";
    case DecodeOutcome::kTooLarge:
      return "the body is cut at --max_decoded_bytes";
    case DecodeOutcome::kRatio:
      return "the body is cut: its content coding blows it up";
    case DecodeOutcome::kUnknownCoding:
      return "the header names a content coding that is not known";
    case DecodeOutcome::kTooManyCodings:
      return "the header names too many content codings";
  }
  return response.truncated ? "the body is cut at --max_body_bytes" : "";
}

// A chain that is longer than can be told does not become a seed.
uint16_t OneDeeper(uint16_t depth) {
  return static_cast<uint16_t>(std::min(depth + 1, int{UINT16_MAX}));
}

PipelineOptions WithOneUrlLimit(PipelineOptions options) {
  options.extract.max_url_bytes = options.url.max_bytes;
  return options;
}

}  // namespace

// One page on its way through the pipeline.
struct PagePipeline::Work {
  Url url;
  ParsedPage parsed;
  FetchResponse response;
  std::string body;       // Content-Encoding undone
  std::string converted;  // holds `text` where it is not `body` itself
  absl::string_view text;
  ContentKind kind = ContentKind::kBinary;
  HtmlPage html;
  std::vector<SitemapEntry> entries;  // of a sitemap, which the first links in `html` are from
  uint16_t link_depth = 0;            // of what the page links to
  uint8_t link_hops = 0;              // that lead to them with no page between
  PageActions actions;
  absl::flat_hash_set<UrlKey> seen;
};

// Sitemaps and feeds by their kind; compressed ones, which no header tells from other archives, by
// their name.
bool PagePipeline::MayBeSitemap(const Work& work) {
  return work.kind == ContentKind::kXml || work.kind == ContentKind::kFeed ||
         (work.kind == ContentKind::kArchive && absl::EndsWith(work.url.path(), ".xml.gz"));
}

PagePipeline::PagePipeline(const PipelineOptions& options, const Scope* scope,
                           const ShardMap* shards, std::vector<PageProcessor*> processors,
                           std::vector<LinkFilter*> filters, UrlScorer* scorer)
    : options_(WithOneUrlLimit(options)),
      scope_(scope),
      shards_(shards),
      processors_(std::move(processors)),
      filters_(std::move(filters)),
      scorer_(scorer) {}

ParsedPage PagePipeline::Parse(FetchTask task, const PolitenessOptions& politeness,
                               FetchResponse response, Arena* arena) const {
  // Whatever is queued was a Url before.
  Work work{*Url::Parse(task.url)};
  ParsedPage& parsed = work.parsed;
  parsed.task = std::move(task);
  work.link_depth = OneDeeper(parsed.task.record.depth);
  work.response = std::move(response);
  parsed.claim = std::move(work.response.claim);
  Decode(&work);
  FetchOutcome& outcome = parsed.outcome;
  outcome.verdict = Judge(politeness, work.response.http_status, work.response.reason,
                          parsed.task.record.failures);
  outcome.http_status = work.response.http_status;
  outcome.detail = work.response.message;
  if (outcome.verdict.state != UrlState::kFetched) {
    parsed.store = false;
    return std::move(parsed);
  }
  ReadBody(&work);
  Extract(&work, arena);
  RunProcessors(&work);
  CollectLinks(&work);

  PageRecord& record = parsed.record;
  record.fields = work.actions.fields();
  record.link_count = static_cast<uint32_t>(parsed.links.size());
  if (work.actions.dropped()) {
    parsed.store = false;
    outcome.verdict = {UrlState::kExcluded, Reason::kProcessor};
    outcome.detail = work.actions.drop_reason();
  } else {
    EncodedBody encoded =
        EncodeBody(work.response.body,
                   record.wire_bytes != record.decoded_bytes || IsCompressedByNature(work.kind));
    record.body_codec = encoded.codec;
    parsed.body = std::move(encoded.bytes);
  }
  return std::move(parsed);
}

// Undoes the coding. Where nothing else tells whether the body is whole, that does.
void PagePipeline::Decode(Work* work) const {
  FetchResponse& response = work->response;
  const HeaderBlock headers(response.headers);
  DecodeResult decoded =
      DecodeContent(headers.GetCombined("content-encoding"), response.body, options_.decode);
  work->body = std::move(decoded.body);
  work->parsed.record.truncated = response.truncated || response.reason != Reason::kNone ||
                                  decoded.outcome != DecodeOutcome::kOk;
  if (decoded.outcome == DecodeOutcome::kTruncatedInput && !response.truncated &&
      response.reason == Reason::kNone && !TellsItsEnd(headers)) {
    response.reason = Reason::kInterrupted;
    response.message = "the body ends in the middle of its coding";
  }
  if (response.message.empty()) response.message = WhyCut(response, decoded.outcome);
}

// Headers and body to a record and text.
void PagePipeline::ReadBody(Work* work) const {
  FetchResponse& response = work->response;
  PageRecord& record = work->parsed.record;
  FetchOutcome& outcome = work->parsed.outcome;
  const HeaderBlock headers(response.headers);

  record.url = work->url.href();
  record.http_status = response.http_status;
  record.fetched = response.started;
  record.latency = response.latency;
  record.elapsed = response.ended - response.started;
  record.address = response.address;
  record.tls = std::move(response.tls);
  record.request_headers = std::move(response.request_headers);
  record.wire_bytes = response.body.size();
  record.decoded_bytes = work->body.size();
  record.digest = BodyDigest(work->body);
  outcome.digest = record.digest;
  outcome.body_bytes = record.wire_bytes;
  outcome.etag = ValidatorOf(headers, "etag");
  outcome.last_modified = ValidatorOf(headers, "last-modified");

  const std::string content_type = headers.GetCombined("content-type");
  const std::optional<MediaType> declared = ExtractMediaType(content_type);
  const bool nosniff =
      absl::EqualsIgnoreCase(headers.Get("x-content-type-options").value_or(""), "nosniff");
  const SniffedContent sniffed =
      SniffContent(declared.has_value() ? &*declared : nullptr,
                   absl::string_view(work->body).substr(0, kSniffBytes), nosniff);
  work->kind = sniffed.kind;
  record.media_type = std::string(sniffed.media_type.essence());
  if (IsText(work->kind)) {
    const CharsetGuess charset = ResolveCharset(work->body, content_type);
    record.charset = std::string(EncodingName(charset.encoding));
    work->text = ToUtf8(work->body, charset.encoding, &work->converted);
  }
  record.headers = std::move(response.headers);
}

void PagePipeline::Extract(Work* work, Arena* arena) const {
  if (work->kind == ContentKind::kHtml) {
    ExtractOptions extract = options_.extract;
    extract.want_css_links = options_.follow == FollowKind::kAll;
    work->html = options_.parse == ParseMode::kScan
                     ? ScanPage(work->text, work->url, extract)
                     : ExtractDom(work->text, work->url, extract, options_.html, arena);
  } else if (work->kind == ContentKind::kCss) {
    ExtractStyle(work);
  } else if (options_.sitemaps && MayBeSitemap(*work)) {
    ExtractSitemap(work);
  }
  const bool is_text = work->kind == ContentKind::kText;
  work->parsed.record.simhash = SimHash(is_text ? work->text : work->html.text);
  work->parsed.outcome.simhash = work->parsed.record.simhash;
  work->parsed.record.title = work->html.metadata.title;
  work->parsed.record.language = work->html.metadata.language;
}

void PagePipeline::ExtractStyle(Work* work) const {
  CssLinkOptions css;
  css.max_url_bytes = std::max(css.max_url_bytes, options_.url.max_bytes);
  for (const CssLink& link : FindCssLinks(work->text, css)) {
    if (const std::optional<Url> url = Url::ParseCrawlable(link.url, &work->url, options_.url)) {
      Link resource;
      resource.url = url->FetchHref();
      resource.kind = LinkKind::kStyle;
      work->html.links.push_back(std::move(resource));
    }
  }
}

void PagePipeline::ExtractSitemap(Work* work) const {
  SitemapLimits limits;
  limits.max_bytes = options_.decode.max_decoded_bytes;
  limits.max_field_bytes = std::max(limits.max_field_bytes, options_.url.max_bytes);
  SitemapResult sitemap = ParseSitemap(work->body, work->url, limits);
  work->entries = std::move(sitemap.entries);
  for (SitemapChild& child : sitemap.children) {
    SitemapEntry entry;
    entry.loc = std::move(child.loc);
    entry.lastmod = child.lastmod;
    work->entries.push_back(std::move(entry));
  }
  for (const SitemapEntry& entry : work->entries) {
    Link link;
    link.url = entry.loc;
    work->html.links.push_back(std::move(link));
  }
  // A list of the site's pages is no page that links to them: what it names is as near to a seed as
  // itself.
  work->link_depth = work->parsed.task.record.depth;
  // An index that leads to an index is bounded as redirects are.
  if (!sitemap.children.empty()) work->link_hops = work->parsed.task.record.redirects + 1;
}

std::vector<InsertedLink> PagePipeline::SitemapLinks(const RobotsAnswer& answer) const {
  std::vector<InsertedLink> links;
  const std::optional<Url> from = Url::Parse(answer.url);
  if (!options_.sitemaps || answer.body.empty() || !from.has_value()) return links;
  absl::flat_hash_set<UrlKey> seen;
  const RobotsTxt robots = RobotsTxt::Parse(answer.body, options_.extract.product_token);
  for (const std::string& href : robots.sitemaps()) {
    const std::optional<Url> url = Url::ParseCrawlable(href, &*from, options_.url);
    if (!url.has_value()) continue;
    std::optional<InsertedLink> link =
        MakeLink(*url, {.found_on = &*from, .depth = 1}, std::nullopt);
    if (link.has_value() && seen.insert(link->key).second) links.push_back(*std::move(link));
  }
  return links;
}

void PagePipeline::RunProcessors(Work* work) const {
  const Page page{work->url,  work->parsed.record,     work->kind, work->body, work->text,
                  work->html, work->parsed.task.record};
  for (PageProcessor* processor : processors_) {
    if (const absl::Status status = processor->Process(page, work->actions); !status.ok()) {
      work->actions.Drop(status.ToString());
      return;
    }
  }
}

bool PagePipeline::Follows(const Link& link) const {
  switch (link.kind) {
    case LinkKind::kAnchor:
    case LinkKind::kArea:
    case LinkKind::kFrame:
    case LinkKind::kFormLink:
    case LinkKind::kSvgAnchor:
      return true;
    case LinkKind::kForm:
      return false;
    case LinkKind::kLink:
      if (link.rel & (kRelCanonical | kRelNext | kRelPrev | kRelAlternate)) return true;
      return options_.follow == FollowKind::kAll;
    default:
      return options_.follow == FollowKind::kAll;
  }
}

void PagePipeline::CollectLinks(Work* work) const {
  const FetchTask& task = work->parsed.task;
  const auto insert = [&](absl::string_view href, LinkContext context) {
    const std::optional<Url> url = Url::ParseCrawlable(href, &work->url, options_.url);
    if (!url.has_value()) {
      if (IsOnlyTooLong(href, &work->url, options_.url)) ++work->parsed.too_long_count;
      return;
    }
    // When a site's pages change is not for strangers to say: they could set the rhythm of visits.
    if (context.sitemap != nullptr && shards_->OtherDomain(work->url, *url) != 0) {
      context.sitemap = nullptr;
    }
    std::optional<InsertedLink> link = MakeLink(*url, context, task.queue.url);
    if (!link.has_value() || link->key == task.queue.url) return;
    if (!work->seen.insert(link->key).second) return;
    work->parsed.links.push_back(*std::move(link));
  };
  const auto add = [&](absl::string_view href, absl::string_view anchor_text,
                       const SitemapEntry* sitemap) {
    LinkContext context;
    context.found_on = &work->url;
    context.depth = work->link_depth;
    context.redirects = work->link_hops;
    context.anchor_text = anchor_text;
    context.sitemap = sitemap;
    insert(href, context);
  };
  // A page that sends its reader on is a redirect that has a body.
  const auto add_refresh = [&](absl::string_view href) {
    LinkContext hop;
    hop.found_on = &work->url;
    hop.depth = task.record.depth;
    hop.redirects = task.record.redirects + 1;
    insert(href, hop);
  };
  const HtmlMetadata& metadata = work->html.metadata;
  const uint32_t directives =
      metadata.robots | metadata.robots_own |
      ParseRobotsTag(HeaderBlock(work->parsed.record.headers).GetAll("x-robots-tag"),
                     options_.extract.product_token, work->parsed.record.fetched)
          .directives;
  const bool nofollow = options_.obey_nofollow && (directives & kRobotsNofollow) != 0;
  if (!nofollow && !work->actions.ignore_links()) {
    work->parsed.too_long_count += work->html.too_long_count;
    const std::optional<Refresh> refresh =
        ParseRefresh(HeaderBlock(work->parsed.record.headers).Get("refresh").value_or(""));
    if (refresh.has_value() && !refresh->url.empty()) add_refresh(refresh->url);
    for (size_t i = 0; i < work->html.links.size(); ++i) {
      const Link& link = work->html.links[i];
      if (link.kind == LinkKind::kMetaRefresh) {
        add_refresh(link.url);
      } else if (Follows(link)) {
        add(link.url, link.anchor_text, i < work->entries.size() ? &work->entries[i] : nullptr);
      }
    }
  }
  for (const std::string& href : work->actions.links()) add(href, "", nullptr);
}

std::optional<InsertedLink> PagePipeline::MakeLink(const Url& url, const LinkContext& context,
                                                   std::optional<UrlKey> found_on,
                                                   Reason* refused) const {
  const auto refuse = [&](Reason reason) {
    if (refused != nullptr) *refused = reason;
    return std::nullopt;
  };
  if (!url.is_http_family()) return refuse(Reason::kRedirectInvalid);
  if (!WithinLimits(url, options_.url)) return refuse(Reason::kUrlTooLong);
  if (context.found_on != nullptr) {
    if (!scope_->Contains(url)) return refuse(Reason::kOutOfScope);
    for (LinkFilter* filter : filters_) {
      if (!filter->Follow(url, *context.found_on)) return refuse(Reason::kProcessor);
    }
  }
  const Url canonical = url.Canonical();
  InsertedLink link;
  link.key = shards_->KeyOf(canonical);
  link.link.origin = std::string(canonical.origin());
  link.link.path = std::string(canonical.path_and_query());
  link.link.depth = context.depth;
  link.link.redirects = context.redirects;
  link.link.priority =
      scorer_ != nullptr ? scorer_->Priority(canonical, context) : PriorityOf(context.depth);
  link.link.found_on = found_on;
  if (options_.note_domains && context.found_on != nullptr) {
    link.link.from_domain = shards_->OtherDomain(*context.found_on, canonical);
  }
  if (const SitemapEntry* entry = context.sitemap; entry != nullptr) {
    if (entry->lastmod.has_value()) link.link.lastmod = *entry->lastmod;
    link.link.interval_hint = IntervalHint(entry->change_frequency, entry->priority);
  }
  return link;
}

}  // namespace spindle
