// Reading the JSON tables of the conformance data.
//
// Thread-compatible.

#ifndef SPINDLE_TESTS_CONFORMANCE_JSON_DATA_H_
#define SPINDLE_TESTS_CONFORMANCE_JSON_DATA_H_

#include <nlohmann/json.hpp>
#include <string>

#include "tests/conformance/suite.h"

namespace spindle {

// The parsed file; Broken() on `report` and null if it cannot be read. Surrogates without a
// partner, which JSON can spell and UTF-8 cannot, are read as U+FFFD.
nlohmann::json ReadJson(const std::string& path, Report& report);

// The string called `key`; `absent` if there is none or it is null.
std::string JsonString(const nlohmann::json& object, const char* key, const char* absent = "");

}  // namespace spindle

#endif  // SPINDLE_TESTS_CONFORMANCE_JSON_DATA_H_
