#include "parsers/legacy_decoder.h"

#include <unicode/ucnv.h>
#include <unicode/utf16.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "parsers/utf8.h"

namespace spindle {
namespace {

bool InRange(uint8_t byte, uint8_t first, uint8_t last) { return byte >= first && byte <= last; }

bool IsPrivateUse(char32_t code_point) { return code_point >= 0xe000 && code_point <= 0xf8ff; }

// One of ICU's converters, asked for single characters. 0 stands for "none" throughout.
class IcuConverter {
 public:
  // Where ICU's data lacks `name` every look-up gives 0.
  explicit IcuConverter(const char* name) : converter_(nullptr, ucnv_close) {
    UErrorCode error = U_ZERO_ERROR;
    converter_.reset(ucnv_open(name, &error));
    if (converter_ == nullptr) return;
    ucnv_setToUCallBack(converter_.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                        &error);
  }

  // The one code point that `bytes` stand for.
  char32_t Find(absl::string_view bytes) const {
    if (converter_ == nullptr) return 0;
    ucnv_reset(converter_.get());
    UChar units[8];
    UErrorCode error = U_ZERO_ERROR;
    const int32_t count =
        ucnv_toUChars(converter_.get(), units, 8, bytes.data(), bytes.size(), &error);
    if (U_FAILURE(error)) return 0;
    if (count == 1 && !U16_IS_SURROGATE(units[0])) return units[0];
    if (count == 2 && U16_IS_LEAD(units[0]) && U16_IS_TRAIL(units[1])) {
      return U16_GET_SUPPLEMENTARY(units[0], units[1]);
    }
    return 0;
  }

 private:
  std::unique_ptr<UConverter, void (*)(UConverter*)> converter_;
};

// What a lead byte of 0x81-0xfe and a trail byte of 0x40-0xfe stand for.
class PairTable {
 public:
  enum class PrivateUse { kKeep, kDrop };

  // Asks ICU for each pair behind the bytes `prefix`.
  PairTable(const char* icu_name, PrivateUse private_use, absl::string_view prefix = "")
      : table_(kLeads * kTrails) {
    const IcuConverter converter(icu_name);
    std::string bytes(prefix);
    bytes.resize(prefix.size() + 2);
    for (unsigned lead = kFirstLead; lead < kFirstLead + kLeads; ++lead) {
      for (unsigned trail = kFirstTrail; trail < kFirstTrail + kTrails; ++trail) {
        bytes[prefix.size()] = static_cast<char>(lead);
        bytes[prefix.size() + 1] = static_cast<char>(trail);
        const char32_t code_point = converter.Find(bytes);
        if (private_use == PrivateUse::kDrop && IsPrivateUse(code_point)) continue;
        Set(lead, trail, code_point);
      }
    }
  }

  char32_t Find(uint8_t lead, uint8_t trail) const {
    if (!InRange(lead, kFirstLead, 0xfe) || !InRange(trail, kFirstTrail, 0xfe)) return 0;
    return table_[(lead - kFirstLead) * kTrails + trail - kFirstTrail];
  }

  void Set(uint8_t lead, uint8_t trail, char32_t code_point) {
    table_[(lead - kFirstLead) * kTrails + trail - kFirstTrail] = code_point;
  }

 private:
  static constexpr size_t kFirstLead = 0x81;
  static constexpr size_t kLeads = 0xfe - kFirstLead + 1;
  static constexpr size_t kFirstTrail = 0x40;
  static constexpr size_t kTrails = 0xfe - kFirstTrail + 1;

  std::vector<char32_t> table_;
};

// Codes of "index Big5" that ICU 72 does not have, but for those in ranges: strokes, late additions
// to Unicode, and characters that Hong Kong's supplement has twice.
struct CodePair {
  uint16_t code;
  char16_t code_point;
};
constexpr CodePair kMoreBig5[] = {
    {0x87a4, 0x9f97}, {0x87ac, 0x9f96}, {0x8840, 0x31c0}, {0x8841, 0x31c1}, {0x8842, 0x31c2},
    {0x8843, 0x31c3}, {0x8844, 0x31c4}, {0x8846, 0x31c5}, {0x8849, 0x31c6}, {0x884a, 0x31c7},
    {0x884d, 0x31c8}, {0x884f, 0x31c9}, {0x8850, 0x31ca}, {0x8851, 0x31cb}, {0x8852, 0x31cc},
    {0x8854, 0x31cd}, {0x8855, 0x31ce}, {0x88a9, 0x23da}, {0x88aa, 0x23db}, {0x8c43, 0x9fa6},
    {0x8c6d, 0x9fa7}, {0x8c74, 0x9fa8}, {0x8cb7, 0x9fa9}, {0x8cb9, 0x9faa}, {0x8cbb, 0x9fab},
    {0x8cc0, 0x9fac}, {0x8cd7, 0x9fad}, {0x8cd8, 0x9fae}, {0x8cda, 0x9faf}, {0x8ced, 0x9fb2},
    {0x8d48, 0x9fb3}, {0x8e69, 0x7bb8}, {0x8e6f, 0x7c06}, {0x8e7e, 0x7cce}, {0x8eab, 0x7dd2},
    {0x8eb4, 0x7e1d}, {0x8ecd, 0x8005}, {0x8ed0, 0x8028}, {0x8f57, 0x83c1}, {0x8f69, 0x84a8},
    {0x8f6e, 0x840f}, {0x8fcb, 0x89a6}, {0x8fcc, 0x89a9}, {0x8ffe, 0x8d77}, {0x906d, 0x90fd},
    {0x907a, 0x92b9}, {0x90dc, 0x975c}, {0x90f1, 0x97ff}, {0x91bf, 0x9f16}, {0x9244, 0x8503},
    {0x92af, 0x5159}, {0x92b0, 0x515b}, {0x92b1, 0x515d}, {0x92b2, 0x515e}, {0x92c8, 0x936e},
    {0x92d1, 0x7479}, {0x9447, 0x6d67}, {0x94ca, 0x799b}, {0x95d9, 0x9097}, {0x9644, 0x975d},
    {0x96ed, 0x701e}, {0x96fc, 0x5b28}, {0x9b76, 0x7201}, {0x9b78, 0x77d7}, {0x9b7b, 0x7e87},
    {0x9bc6, 0x99d6}, {0x9bde, 0x91d4}, {0x9bec, 0x60de}, {0x9bf6, 0x6fb6}, {0x9c42, 0x8f36},
    {0x9c53, 0x4fbb}, {0x9c62, 0x71df}, {0x9c68, 0x9104}, {0x9c6b, 0x9df0}, {0x9c77, 0x83cf},
    {0x9cbc, 0x5c10}, {0x9cbd, 0x79e3}, {0x9cd0, 0x5a67}, {0x9d57, 0x8f0b}, {0x9d5a, 0x7b51},
    {0x9dc4, 0x62d0}, {0x9ea9, 0x6062}, {0x9eef, 0x75f9}, {0x9efd, 0x6c4a}, {0x9f60, 0x9b2e},
    {0x9f66, 0x9f17}, {0x9fcb, 0x50ed}, {0x9fd8, 0x5f0c}, {0xa063, 0x880f}, {0xa077, 0x62ce},
    {0xa0d5, 0x7468}, {0xa0df, 0x7162}, {0xa0e4, 0x7250}, {0xc6cf, 0x5ef4}, {0xc6d3, 0x65e0},
    {0xc6d5, 0x7676}, {0xc6d7, 0x96b6}, {0xc6de, 0x3003}, {0xc6df, 0x4edd}, {0xc879, 0x31cf},
    {0xc8a1, 0x9fb0}, {0xc8a3, 0x9fb1}, {0xfa5f, 0x5029}, {0xfa66, 0x507d}, {0xfabd, 0x5305},
    {0xfac5, 0x5344}, {0xfad5, 0x537f}, {0xfb48, 0x5605}, {0xfbb8, 0x5a77}, {0xfbf3, 0x5e75},
    {0xfbf9, 0x5ed0}, {0xfc4f, 0x5f58}, {0xfc6c, 0x60a4}, {0xfcb9, 0x6490}, {0xfce2, 0x6674},
    {0xfcf1, 0x675e}, {0xfdb7, 0x6c9c}, {0xfdb8, 0x6e1d}, {0xfdbb, 0x6e2f}, {0xfdf1, 0x716e},
    {0xfe52, 0x732a}, {0xfe6f, 0x745c}, {0xfeaa, 0x74e9}, {0xfedd, 0x7809},
};

// The tables are made once and never destroyed, so that no thread can outlive them.

const PairTable& Big5Table() {
  static const PairTable* const table = [] {
    auto* made = new PairTable("ibm-1375_P100-2008", PairTable::PrivateUse::kDrop);
    for (int i = 0; i < 32; ++i) made->Set(0xa3, 0xc0 + i, 0x2400 + i);
    made->Set(0xa3, 0xe0, 0x2421);
    for (const CodePair& more : kMoreBig5)
      made->Set(more.code >> 8, more.code & 0xff, more.code_point);
    return made;
  }();
  return *table;
}

const PairTable& EucKrTable() {
  static const auto* const table = new PairTable("windows-949", PairTable::PrivateUse::kDrop);
  return *table;
}

const PairTable& Gb18030Table() {
  static const PairTable* const table = [] {
    auto* made = new PairTable("gb18030", PairTable::PrivateUse::kKeep);
    made->Set(0xa3, 0xa0, 0x3000);
    return made;
  }();
  return *table;
}

const PairTable& ShiftJisTable() {
  static const auto* const table = new PairTable("windows-31j", PairTable::PrivateUse::kKeep);
  return *table;
}

const PairTable& Jis0208Table() {
  static const auto* const table = new PairTable("EUC-JP", PairTable::PrivateUse::kKeep);
  return *table;
}

const PairTable& Jis0212Table() {
  static const PairTable* const table = [] {
    auto* made = new PairTable("EUC-JP", PairTable::PrivateUse::kKeep, "\x8f");
    // IBM's additions, which the standard lacks.
    for (unsigned trail = 0xa1; trail <= 0xfe; ++trail) made->Set(0xf3, trail, 0);
    return made;
  }();
  return *table;
}

// gb18030's four-byte codes of the basic plane, by pointer ("index gb18030 ranges", section 5).
constexpr uint32_t kGb18030BmpPointers = 39420;
constexpr uint32_t kGb18030FirstSupplementaryPointer = 189000;
constexpr uint32_t kGb18030LastPointer = 1237575;

const std::vector<char32_t>& Gb18030FourByteTable() {
  static const std::vector<char32_t>* const table = [] {
    const IcuConverter converter("gb18030");
    auto* made = new std::vector<char32_t>(kGb18030BmpPointers);
    for (uint32_t pointer = 0; pointer < kGb18030BmpPointers; ++pointer) {
      const char bytes[] = {
          static_cast<char>(0x81 + pointer / 12600), static_cast<char>(0x30 + pointer / 1260 % 10),
          static_cast<char>(0x81 + pointer / 10 % 126), static_cast<char>(0x30 + pointer % 10)};
      (*made)[pointer] = converter.Find({bytes, sizeof(bytes)});
    }
    (*made)[7457] = 0xe7c7;
    return made;
  }();
  return *table;
}

char32_t FindGb18030FourByte(uint8_t b1, uint8_t b2, uint8_t b3, uint8_t b4) {
  const uint32_t pointer = (b1 - 0x81) * 12600 + (b2 - 0x30) * 1260 + (b3 - 0x81) * 10 + b4 - 0x30;
  if (pointer < kGb18030BmpPointers) return Gb18030FourByteTable()[pointer];
  if (pointer < kGb18030FirstSupplementaryPointer || pointer > kGb18030LastPointer) return 0;
  return 0x10000 + pointer - kGb18030FirstSupplementaryPointer;
}

// What the bytes 0x80-0xff of a single-byte encoding stand for; U+FFFD for none.
using SingleByteTable = std::array<char16_t, 128>;

// ICU has no ISO-8859-16. From 0xa0 on; the bytes before stand for themselves.
constexpr char16_t kIso8859_16[96] = {
    0x00a0, 0x0104, 0x0105, 0x0141, 0x20ac, 0x201e, 0x0160, 0x00a7, 0x0161, 0x00a9, 0x0218, 0x00ab,
    0x0179, 0x00ad, 0x017a, 0x017b, 0x00b0, 0x00b1, 0x010c, 0x0142, 0x017d, 0x201d, 0x00b6, 0x00b7,
    0x017e, 0x010d, 0x0219, 0x00bb, 0x0152, 0x0153, 0x0178, 0x017c, 0x00c0, 0x00c1, 0x00c2, 0x0102,
    0x00c4, 0x0106, 0x00c6, 0x00c7, 0x00c8, 0x00c9, 0x00ca, 0x00cb, 0x00cc, 0x00cd, 0x00ce, 0x00cf,
    0x0110, 0x0143, 0x00d2, 0x00d3, 0x00d4, 0x0150, 0x00d6, 0x015a, 0x0170, 0x00d9, 0x00da, 0x00db,
    0x00dc, 0x0118, 0x021a, 0x00df, 0x00e0, 0x00e1, 0x00e2, 0x0103, 0x00e4, 0x0107, 0x00e6, 0x00e7,
    0x00e8, 0x00e9, 0x00ea, 0x00eb, 0x00ec, 0x00ed, 0x00ee, 0x00ef, 0x0111, 0x0144, 0x00f2, 0x00f3,
    0x00f4, 0x0151, 0x00f6, 0x015b, 0x0171, 0x00f9, 0x00fa, 0x00fb, 0x00fc, 0x0119, 0x021b, 0x00ff,
};

// ICU's name for a single-byte encoding; null where it is not one of ICU's.
const char* SingleByteIcuName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kIbm866:
      return "ibm-866_P100-1995";
    case Encoding::kIso8859_8I:
      return "ISO-8859-8";  // The same characters, in logical order.
    case Encoding::kIso8859_2:
    case Encoding::kIso8859_3:
    case Encoding::kIso8859_4:
    case Encoding::kIso8859_5:
    case Encoding::kIso8859_6:
    case Encoding::kIso8859_7:
    case Encoding::kIso8859_8:
    case Encoding::kIso8859_10:
    case Encoding::kIso8859_13:
    case Encoding::kIso8859_14:
    case Encoding::kIso8859_15:
    case Encoding::kKoi8R:
    case Encoding::kKoi8U:
    case Encoding::kMacintosh:
    case Encoding::kWindows874:
    case Encoding::kWindows1250:
    case Encoding::kWindows1251:
    case Encoding::kWindows1252:
    case Encoding::kWindows1253:
    case Encoding::kWindows1254:
    case Encoding::kWindows1255:
    case Encoding::kWindows1256:
    case Encoding::kWindows1257:
    case Encoding::kWindows1258:
    case Encoding::kXMacCyrillic:
      return EncodingName(encoding).data();  // A literal, so it ends in NUL.
    default:
      return nullptr;
  }
}

SingleByteTable MakeSingleByteTable(Encoding encoding) {
  SingleByteTable table;
  table.fill(kReplacementCharacter);
  if (encoding == Encoding::kIso8859_16) {
    for (size_t i = 0; i < table.size(); ++i) {
      table[i] = i < 32 ? static_cast<char16_t>(0x80 + i) : kIso8859_16[i - 32];
    }
    return table;
  }
  const char* const name = SingleByteIcuName(encoding);
  if (name == nullptr) return table;
  const IcuConverter converter(name);
  for (size_t i = 0; i < table.size(); ++i) {
    const char byte = static_cast<char>(0x80 + i);
    const char32_t code_point = converter.Find({&byte, 1});
    if (code_point != 0) table[i] = code_point;
  }
  // Where ICU's tables are not the standard's.
  const auto set = [&table](uint8_t byte, char16_t code_point) { table[byte - 0x80] = code_point; };
  switch (encoding) {
    case Encoding::kKoi8U:
      set(0xae, 0x045e);
      set(0xbe, 0x040e);
      break;
    case Encoding::kWindows874:
      for (char16_t& code_point : table) {
        if (IsPrivateUse(code_point)) code_point = kReplacementCharacter;
      }
      break;
    case Encoding::kWindows1253:
      set(0xaa, kReplacementCharacter);
      break;
    case Encoding::kWindows1255:
      set(0xca, 0x05ba);
      break;
    default:
      break;
  }
  return table;
}

const SingleByteTable& TableOf(Encoding encoding) {
  static const auto* const tables = [] {
    auto* made = new std::array<SingleByteTable, kEncodingCount>;
    for (size_t i = 0; i < kEncodingCount; ++i) {
      (*made)[i] = MakeSingleByteTable(static_cast<Encoding>(i));
    }
    return made;
  }();
  return (*tables)[static_cast<size_t>(encoding)];
}

// The bytes yet to be decoded, as the decoders below read them.
class Input {
 public:
  explicit Input(absl::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return at_ == bytes_.size(); }
  bool Has(size_t count) const { return bytes_.size() - at_ >= count; }
  // REQUIRES: Has(i + 1).
  uint8_t operator[](size_t i) const { return static_cast<uint8_t>(bytes_[at_ + i]); }
  void Skip(size_t count) { at_ += count; }
  void SkipAll() { at_ = bytes_.size(); }

  // Moves ASCII to `out`.
  void CopyAscii(Utf8Writer& out) {
    const absl::string_view rest = bytes_.substr(at_);
    const size_t length = AsciiPrefixLength(rest);
    out.PutUtf8(rest.substr(0, length));
    at_ += length;
  }

  // Puts a pair's code point; for a pair that has none U+FFFD, and then an ASCII trail byte is read
  // again so that no markup is swallowed (as in each of the standard's two-byte decoders).
  // REQUIRES: Has(2).
  void PutPair(char32_t code_point, Utf8Writer& out) {
    const bool keep_trail = code_point == 0 && (*this)[1] < 0x80;
    out.Put(code_point == 0 ? kReplacementCharacter : code_point);
    Skip(keep_trail ? 1 : 2);
  }

  // Puts U+FFFD for what is left, an incomplete character.
  void PutIncomplete(Utf8Writer& out) {
    out.Put(kReplacementCharacter);
    SkipAll();
  }

 private:
  const absl::string_view bytes_;
  size_t at_ = 0;
};

// Section 9.1.
void DecodeSingleByte(Input input, Encoding encoding, Utf8Writer& out) {
  const SingleByteTable& table = TableOf(encoding);
  while (true) {
    input.CopyAscii(out);
    for (; !input.empty() && input[0] >= 0x80; input.Skip(1)) out.Put(table[input[0] - 0x80]);
    if (input.empty()) return;
  }
}

// Section 10.2.1. The GBK decoder is this one too (section 10.1.1).
void DecodeGb18030(Input input, Utf8Writer& out) {
  const PairTable& table = Gb18030Table();
  while (true) {
    input.CopyAscii(out);
    if (input.empty()) return;
    const uint8_t lead = input[0];
    if (!InRange(lead, 0x81, 0xfe)) {
      out.Put(lead == 0x80 ? 0x20ac : kReplacementCharacter);
      input.Skip(1);
      continue;
    }
    if (!input.Has(2)) return input.PutIncomplete(out);
    if (!InRange(input[1], 0x30, 0x39)) {
      input.PutPair(table.Find(lead, input[1]), out);
      continue;
    }
    if (!input.Has(3)) return input.PutIncomplete(out);
    if (InRange(input[2], 0x81, 0xfe)) {
      if (!input.Has(4)) return input.PutIncomplete(out);
      if (InRange(input[3], 0x30, 0x39)) {
        const char32_t code_point = FindGb18030FourByte(lead, input[1], input[2], input[3]);
        out.Put(code_point == 0 ? kReplacementCharacter : code_point);
        input.Skip(4);
        continue;
      }
    }
    out.Put(kReplacementCharacter);
    input.Skip(1);
  }
}

// Section 11.1.1.
void DecodeBig5(Input input, Utf8Writer& out) {
  const PairTable& table = Big5Table();
  while (true) {
    input.CopyAscii(out);
    if (input.empty()) return;
    const uint8_t lead = input[0];
    if (!InRange(lead, 0x81, 0xfe)) {
      out.Put(kReplacementCharacter);
      input.Skip(1);
      continue;
    }
    if (!input.Has(2)) return input.PutIncomplete(out);
    const uint8_t trail = input[1];
    // Four pairs stand for a letter with a combining mark.
    if (lead == 0x88 && (trail == 0x62 || trail == 0x64 || trail == 0xa3 || trail == 0xa5)) {
      out.Put(trail < 0x80 ? 0x00ca : 0x00ea);
      out.Put(trail == 0x62 || trail == 0xa3 ? 0x0304 : 0x030c);
      input.Skip(2);
      continue;
    }
    const bool is_trail = InRange(trail, 0x40, 0x7e) || InRange(trail, 0xa1, 0xfe);
    input.PutPair(is_trail ? table.Find(lead, trail) : 0, out);
  }
}

// Section 12.1.1.
void DecodeEucJp(Input input, Utf8Writer& out) {
  const PairTable& jis0208 = Jis0208Table();
  const PairTable& jis0212 = Jis0212Table();
  while (true) {
    input.CopyAscii(out);
    if (input.empty()) return;
    const uint8_t lead = input[0];
    if (lead != 0x8e && lead != 0x8f && !InRange(lead, 0xa1, 0xfe)) {
      out.Put(kReplacementCharacter);
      input.Skip(1);
      continue;
    }
    if (!input.Has(2)) return input.PutIncomplete(out);
    const uint8_t second = input[1];
    if (lead == 0x8e) {
      input.PutPair(InRange(second, 0xa1, 0xdf) ? 0xff61 - 0xa1 + second : 0, out);
    } else if (lead == 0x8f && InRange(second, 0xa1, 0xfe)) {
      input.Skip(1);
      if (!input.Has(2)) return input.PutIncomplete(out);
      input.PutPair(input[1] >= 0xa1 ? jis0212.Find(second, input[1]) : 0, out);
    } else {
      input.PutPair(lead != 0x8f && second >= 0xa1 ? jis0208.Find(lead, second) : 0, out);
    }
  }
}

// Section 12.3.1.
void DecodeShiftJis(Input input, Utf8Writer& out) {
  const PairTable& table = ShiftJisTable();
  while (true) {
    input.CopyAscii(out);
    if (input.empty()) return;
    const uint8_t lead = input[0];
    if (lead == 0x80 || InRange(lead, 0xa1, 0xdf)) {
      out.Put(lead == 0x80 ? 0x80 : 0xff61 - 0xa1 + lead);
      input.Skip(1);
      continue;
    }
    if (lead == 0xa0 || lead > 0xfc) {
      out.Put(kReplacementCharacter);
      input.Skip(1);
      continue;
    }
    if (!input.Has(2)) return input.PutIncomplete(out);
    const uint8_t trail = input[1];
    const bool is_trail = InRange(trail, 0x40, 0x7e) || InRange(trail, 0x80, 0xfc);
    input.PutPair(is_trail ? table.Find(lead, trail) : 0, out);
  }
}

// Section 13.1.1.
void DecodeEucKr(Input input, Utf8Writer& out) {
  const PairTable& table = EucKrTable();
  while (true) {
    input.CopyAscii(out);
    if (input.empty()) return;
    if (!InRange(input[0], 0x81, 0xfe)) {
      out.Put(kReplacementCharacter);
      input.Skip(1);
      continue;
    }
    if (!input.Has(2)) return input.PutIncomplete(out);
    input.PutPair(input[1] >= 0x41 ? table.Find(input[0], input[1]) : 0, out);
  }
}

// Section 12.2.1, with the standard's states folded into the set that the last escape sequence
// chose.
void DecodeIso2022Jp(Input input, Utf8Writer& out) {
  enum class Set { kAscii, kRoman, kKatakana, kJis0208 };
  constexpr uint8_t kEscape = 0x1b;
  const PairTable& jis0208 = Jis0208Table();
  Set set = Set::kAscii;
  // Whether nothing came since the last escape sequence: two in a row are an error.
  bool after_escape = false;
  while (!input.empty()) {
    const uint8_t byte = input[0];
    if (byte == kEscape) {
      std::optional<Set> next;
      if (input.Has(3) && input[1] == '(') {
        if (input[2] == 'B') next = Set::kAscii;
        if (input[2] == 'J') next = Set::kRoman;
        if (input[2] == 'I') next = Set::kKatakana;
      } else if (input.Has(3) && input[1] == '$' && (input[2] == '@' || input[2] == 'B')) {
        next = Set::kJis0208;
      }
      if (!next) {
        after_escape = false;
        out.Put(kReplacementCharacter);
        input.Skip(1);
        continue;
      }
      if (after_escape) out.Put(kReplacementCharacter);
      after_escape = true;
      set = *next;
      input.Skip(3);
      continue;
    }
    after_escape = false;
    switch (set) {
      case Set::kAscii:
      case Set::kRoman:
        if (byte >= 0x80 || byte == 0x0e || byte == 0x0f) {
          out.Put(kReplacementCharacter);
        } else if (set == Set::kRoman && byte == 0x5c) {
          out.Put(0x00a5);
        } else if (set == Set::kRoman && byte == 0x7e) {
          out.Put(0x203e);
        } else {
          out.Put(byte);
        }
        input.Skip(1);
        break;
      case Set::kKatakana:
        out.Put(InRange(byte, 0x21, 0x5f) ? 0xff61 - 0x21 + byte : kReplacementCharacter);
        input.Skip(1);
        break;
      case Set::kJis0208: {
        if (!InRange(byte, 0x21, 0x7e)) {
          out.Put(kReplacementCharacter);
          input.Skip(1);
          break;
        }
        if (!input.Has(2)) return input.PutIncomplete(out);
        const uint8_t trail = input[1];
        const char32_t code_point =
            InRange(trail, 0x21, 0x7e) ? jis0208.Find(byte | 0x80, trail | 0x80) : 0;
        out.Put(code_point == 0 ? kReplacementCharacter : code_point);
        input.Skip(trail == kEscape ? 1 : 2);
        break;
      }
    }
  }
}

// Section 14.2.1.
void DecodeUtf16(Input input, bool big_endian, Utf8Writer& out) {
  const auto unit = [&input, big_endian](size_t i) -> char32_t {
    return big_endian ? input[i] << 8 | input[i + 1] : input[i + 1] << 8 | input[i];
  };
  while (input.Has(2)) {
    const char32_t first = unit(0);
    input.Skip(2);
    if (!U16_IS_SURROGATE(first)) {
      out.Put(first);
    } else if (U16_IS_SURROGATE_LEAD(first) && !input.Has(2)) {
      return input.PutIncomplete(out);
    } else if (U16_IS_SURROGATE_LEAD(first) && U16_IS_TRAIL(unit(0))) {
      out.Put(U16_GET_SUPPLEMENTARY(first, unit(0)));
      input.Skip(2);
    } else {
      out.Put(kReplacementCharacter);
    }
  }
  if (!input.empty()) input.PutIncomplete(out);
}

// Section 14.5.1.
void DecodeXUserDefined(Input input, Utf8Writer& out) {
  for (; !input.empty(); input.Skip(1)) out.Put(input[0] < 0x80 ? input[0] : 0xf700 + input[0]);
}

}  // namespace

void DecodeLegacy(absl::string_view bytes, Encoding encoding, std::string* out) {
  Utf8Writer writer(out);
  const Input input(bytes);
  switch (encoding) {
    case Encoding::kUtf8:
      return writer.PutUtf8(RepairUtf8(bytes));
    case Encoding::kGbk:
    case Encoding::kGb18030:
      return DecodeGb18030(input, writer);
    case Encoding::kBig5:
      return DecodeBig5(input, writer);
    case Encoding::kEucJp:
      return DecodeEucJp(input, writer);
    case Encoding::kIso2022Jp:
      return DecodeIso2022Jp(input, writer);
    case Encoding::kShiftJis:
      return DecodeShiftJis(input, writer);
    case Encoding::kEucKr:
      return DecodeEucKr(input, writer);
    case Encoding::kReplacement:  // Section 14.1.1.
      if (!bytes.empty()) writer.Put(kReplacementCharacter);
      return;
    case Encoding::kUtf16Be:
      return DecodeUtf16(input, /*big_endian=*/true, writer);
    case Encoding::kUtf16Le:
      return DecodeUtf16(input, /*big_endian=*/false, writer);
    case Encoding::kXUserDefined:
      return DecodeXUserDefined(input, writer);
    default:
      return DecodeSingleByte(input, encoding, writer);
  }
}

bool KeepsAscii(Encoding encoding) {
  return encoding != Encoding::kIso2022Jp && encoding != Encoding::kReplacement &&
         encoding != Encoding::kUtf16Be && encoding != Encoding::kUtf16Le;
}

}  // namespace spindle
