#ifndef SPINDLE_CRAWLER_PAGE_PIPELINE_H_
#define SPINDLE_CRAWLER_PAGE_PIPELINE_H_

#include <memory>
#include <string>
#include <vector>

#include "crawler/byte_budget.h"
#include "crawler/fetch.h"
#include "crawler/page_processor.h"
#include "crawler/scope.h"
#include "crawler/url_scorer.h"
#include "parsers/arena.h"
#include "parsers/content_coding.h"
#include "parsers/html.h"
#include "parsers/links.h"
#include "shard/frontier.h"
#include "shard/politeness.h"
#include "shard/shard_map.h"
#include "storage/records.h"

namespace spindle {

enum class ParseMode {
  kDom,   // gumbo's tree: links, metadata, visible text
  kScan,  // the tokenizer alone: links and metadata, many times faster
};

enum class FollowKind {
  kPages,  // what leads a reader to another page: a, area, frames, refresh, canonical, next,
           // alternates, redirects
  kAll,    // and what a page is made of: images, scripts, style sheets, media
};

struct PipelineOptions {
  ParseMode parse = ParseMode::kDom;
  FollowKind follow = FollowKind::kPages;
  bool sitemaps =
      true;  // those that robots.txt names are fetched, and sitemaps and feeds give links
  bool obey_nofollow = true;  // <meta name=robots content=nofollow>, rel=nofollow stays a hint
  bool note_domains = false;  // links say which other domain they come from
  ExtractOptions extract;
  HtmlLimits html;
  DecodeLimits decode;
  UrlLimits url;  // of links, redirects and seeds; ExtractOptions::max_url_bytes follows from it
};

// A page taken apart, ready for one commit.
struct ParsedPage {
  FetchTask task;
  FetchOutcome outcome;
  bool store = true;  // record and body are stored
  PageRecord record;
  std::string body;                 // as record.body_codec says
  std::vector<InsertedLink> links;  // no URL twice
  uint32_t too_long_count = 0;      // links that were left out for their length
  ByteClaim claim;                  // for the answer's bytes, until this is committed
};

// Bytes to values: steps 7 and 8 in the life of a URL. Decodes, finds charset and media type,
// extracts links, runs the processors, and prepares what the commit needs. No I/O and no clock.
// Thread-safe; all pointers must outlive it. `scorer` may be null: breadth first.
class PagePipeline {
 public:
  PagePipeline(const PipelineOptions& options, const Scope* scope, const ShardMap* shards,
               std::vector<PageProcessor*> processors, std::vector<LinkFilter*> filters,
               UrlScorer* scorer = nullptr);

  // `task` is a page's and its answer, `response`, is worth a page (Judge() said kFetched). `arena`
  // is the thread's own. A body of which only its coding tells that it broke off is judged anew, as
  // one that the fetcher saw break off; where it is to be tried again, there is no page.
  ParsedPage Parse(FetchTask task, const PolitenessOptions& politeness, FetchResponse response,
                   Arena* arena) const;

  // The sitemaps that a robots.txt names, as links.
  std::vector<InsertedLink> SitemapLinks(const RobotsAnswer& answer) const;

  // A link on its way: canonical, in scope and accepted by the filters; nullopt: not to be
  // followed, for the reason in *refused (may be null). Seeds, found nowhere, pass no scope and no
  // filter. `found_on` is the key of context.found_on where that is a page.
  std::optional<InsertedLink> MakeLink(const Url& url, const LinkContext& context,
                                       std::optional<UrlKey> found_on,
                                       Reason* refused = nullptr) const;

 private:
  struct Work;
  static bool MayBeSitemap(const Work& work);
  void Decode(Work* work) const;
  void ReadBody(Work* work) const;
  void Extract(Work* work, Arena* arena) const;
  void ExtractStyle(Work* work) const;
  void ExtractSitemap(Work* work) const;
  void RunProcessors(Work* work) const;
  void CollectLinks(Work* work) const;
  bool Follows(const Link& link) const;

  const PipelineOptions options_;
  const Scope* const scope_;
  const ShardMap* const shards_;
  const std::vector<PageProcessor*> processors_;
  const std::vector<LinkFilter*> filters_;
  UrlScorer* const scorer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PAGE_PIPELINE_H_
