// The lines of the input are paths with queries of one host: judged, admitted, and observed as
// pages that repeat where their last byte is odd. Then all of the input is taken for stored
// templates.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "shard/url_traps.h"

namespace {

using spindle::HostTemplates;
using spindle::Reason;
using spindle::ShapeOf;
using spindle::TrapOptions;
using spindle::UrlShape;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'717'000'000);

void Demand(bool condition) {
  if (!condition) std::abort();
}

void DemandSurvivesItsBytes(const HostTemplates& templates) {
  const std::string bytes = templates.Encode();
  Demand(bytes.size() < 700);
  HostTemplates again;
  Demand(HostTemplates::Decode(bytes, &again).ok());
  Demand(again.Encode() == bytes);
}

// Small limits, so that templates are closed within one input.
TrapOptions StrictOptions() {
  TrapOptions options;
  options.plain = {4, 2, 0.5, 100};
  options.dates = {2, 1, 0.5, 50};
  options.max_parameter_sets = 3;
  options.exclude_session_ids = true;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TrapOptions options = StrictOptions();
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  HostTemplates templates;
  for (const absl::string_view url : absl::StrSplit(input, '\n')) {
    const Reason reason = JudgeUrl(options, url);
    Demand(reason == Reason::kNone || url.size() > 1);
    const UrlShape shape = ShapeOf(url);
    const UrlShape same = ShapeOf(std::string(url));
    Demand(shape.id == same.id && shape.parameter_set == same.parameter_set);
    Demand(shape.path_id == 0 || shape.id != 0);
    Demand(!shape.is_date || shape.year != 0);
    const Reason admitted = templates.Admit(options, shape, kNow);
    Demand(shape.id != 0 || admitted == Reason::kNone);
    templates.ObservePage(shape, !url.empty() && (url.back() & 1) != 0);
  }
  DemandSurvivesItsBytes(templates);
  HostTemplates stored;
  if (HostTemplates::Decode(input, &stored).ok()) DemandSurvivesItsBytes(stored);
  return 0;
}
