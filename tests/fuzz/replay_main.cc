// Gives every file of a corpus folder, and the empty input, to LLVMFuzzerTestOneInput. Fails if the
// folder holds no file.
//
//   replay DIR

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

// The copy has exactly the input's size, so that a sanitizer sees a read past its end.
void Replay(const std::string& input) {
  auto bytes = std::make_unique<uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), bytes.get());
  LLVMFuzzerTestOneInput(bytes.get(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: replay DIR\n";
    return 2;
  }
  Replay("");
  int count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1], error)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::cout << entry.path().string() << std::endl;
    Replay(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
    ++count;
  }
  if (count == 0) std::cerr << "no corpus in " << argv[1] << "\n";
  return count > 0 ? 0 : 1;
}
