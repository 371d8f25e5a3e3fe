#include "tests/testing/hostile_behaviours.h"

#include "tests/testing/hostile_answers.h"
#include "tests/testing/hostile_http2_behaviours.h"
#include "tests/testing/hostile_message_behaviours.h"
#include "tests/testing/hostile_site_behaviours.h"

namespace spindle {
namespace testing {

const std::vector<HostileBehaviour>& HostileBehaviours() {
  static const auto* const behaviours = [] {
    auto* all = new std::vector<HostileBehaviour>;
    AddMessageBehaviours(all);
    AddSiteBehaviours(all);
    AddHttp2Behaviours(all);
    return all;
  }();
  return *behaviours;
}

void ServeWellBehaved(HostileConnection& connection) {
  Serving(
      [](HostileConnection& c) {
        return c.Send(SizedAs("text/plain", "User-agent: *\nDisallow: /forbidden\n"));
      },
      [](HostileConnection& c) {
        return c.Send(Sized("<a href=/forbidden>no</a><a href=/other>yes</a>"));
      })(connection);
}

}  // namespace testing
}  // namespace spindle
