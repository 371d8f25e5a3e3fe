#include "tools/inspect_page.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "parsers/header_block.h"
#include "tools/json_text.h"
#include "tools/page_body.h"
#include "tools/rows.h"

namespace spindle {
namespace {

struct LastPage {
  PageKey key;
  PageRecord record;
  uint64_t fetches = 0;
};

absl::StatusOr<LastPage> FindLastPage(const CrawlLookup& lookup, const std::string& text) {
  const absl::StatusOr<Url> url = CrawlLookup::ParseUrl(text);
  if (!url.ok()) return url.status();
  const auto host = lookup.FindHost(url->origin());
  if (!host.ok()) return host.status();
  if (!host->has_value()) {
    return absl::NotFoundError(absl::StrCat("the crawl knows no URL of ", url->origin()));
  }
  const auto found = lookup.reader().FindUrl((*host)->key, url->origin(), url->path_and_query());
  if (!found.ok()) return found.status();
  if (!found->has_value()) {
    return absl::NotFoundError(absl::StrCat("the crawl does not know ", url->href()));
  }
  LastPage last;
  absl::Status status = lookup.reader().ForEachPage(
      (*found)->first, [&](const PageKey& key, const PageRecord& record) {
        last.key = key;
        last.record = record;
        return ++last.fetches > 0;
      });
  if (!status.ok()) return status;
  if (last.fetches == 0) {
    return absl::NotFoundError(absl::StrCat("no page is stored of ", url->href(), ", which is ",
                                            Name((*found)->second.state), "; see inspect why"));
  }
  return last;
}

absl::Status PrintBody(const CrawlLookup& lookup, const LastPage& page, Output* output) {
  const auto body = lookup.reader().GetBody(page.key);
  if (!body.ok()) return body.status();
  const DecodeResult decoded = DecodePageBody(page.record, body->value_or(""));
  output->Write(decoded.body);
  if (decoded.outcome == DecodeOutcome::kOk || page.record.truncated) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the body's content coding: ", DecodeOutcomeName(decoded.outcome)));
}

Cell TextOrEmpty(const std::string& text) { return text.empty() ? EmptyCell() : TextCell(text); }

// The page whose body it shares, by its URL.
Cell OriginalCell(const CrawlLookup& lookup, const PageRecord& page) {
  if (!page.original.has_value()) return EmptyCell();
  const auto original = lookup.reader().GetPage(*page.original);
  return original.ok() && original->has_value() ? TextCell((*original)->url) : EmptyCell();
}

void PrintMetadata(const CrawlLookup& lookup, const LastPage& last, const InspectOptions& options,
                   Output* output) {
  const PageRecord& page = last.record;
  RecordWriter record(options.format, output);
  record.Add("url", TextCell(page.url));
  record.Add("status", CountCell(page.http_status));
  record.Add("fetched", TimeCell(page.fetched));
  record.Add("fetches", CountCell(last.fetches));
  record.Add("address", TextOrEmpty(page.address));
  record.Add("latency", DurationCell(page.latency));
  record.Add("elapsed", DurationCell(page.elapsed));
  record.Add("media_type", TextOrEmpty(page.media_type));
  record.Add("charset", TextOrEmpty(page.charset));
  record.Add("language", TextOrEmpty(page.language));
  record.Add("title", TextOrEmpty(page.title));
  record.Add("wire_bytes", BytesCell(page.wire_bytes));
  record.Add("decoded_bytes", BytesCell(page.decoded_bytes));
  record.Add("truncated", BoolCell(page.truncated));
  record.Add("links", CountCell(page.link_count));
  record.Add("digest", TextCell(absl::StrFormat("%016x", page.digest)));
  record.Add("simhash",
             page.simhash == 0 ? EmptyCell() : TextCell(absl::StrFormat("%016x", page.simhash)));
  record.Add("original", OriginalCell(lookup, page));
  JsonObject tls;
  HeaderBlock(page.tls).ForEach([&](absl::string_view name, absl::string_view value) {
    const std::string key = absl::AsciiStrToLower(name);
    record.AddLine(absl::StrCat("tls ", Printable(key)), Printable(value));
    tls.Add(key, JsonString(value));
    return true;
  });
  record.AddJson("tls", tls.ToString());
  JsonObject fields;
  for (const auto& [name, value] : page.fields) {
    record.AddLine(absl::StrCat("field ", Printable(name)), Printable(value));
    fields.Add(name, JsonString(value));
  }
  record.AddJson("fields", fields.ToString());
  record.Finish();
}

}  // namespace

absl::Status PrintPage(const CrawlLookup& lookup, const InspectOptions& options, Output* output) {
  const absl::StatusOr<LastPage> page = FindLastPage(lookup, options.url);
  if (!page.ok()) return page.status();
  if (options.body) return PrintBody(lookup, *page, output);
  if (options.headers) {
    output->Write(page->record.headers);
  } else {
    PrintMetadata(lookup, *page, options, output);
  }
  return absl::OkStatus();
}

}  // namespace spindle
