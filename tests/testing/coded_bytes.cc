#include "tests/testing/coded_bytes.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>

namespace spindle {
namespace testing {

std::string Gzip(absl::string_view bytes, int times) {
  z_stream stream = {};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out;
  char room[16384];
  for (int i = 0; i < times; ++i) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    int status = Z_OK;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room);
      stream.avail_out = sizeof(room);
      status = deflate(&stream, i + 1 == times ? Z_FINISH : Z_NO_FLUSH);
      out.append(room, sizeof(room) - stream.avail_out);
    } while (stream.avail_out == 0 && status != Z_STREAM_END);
  }
  deflateEnd(&stream);
  return out;
}

std::string Brotli(absl::string_view bytes) {
  std::string out(BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
  size_t size = out.size();
  BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, bytes.size(),
                        reinterpret_cast<const uint8_t*>(bytes.data()), &size,
                        reinterpret_cast<uint8_t*>(out.data()));
  out.resize(size);
  return out;
}

std::string Zstd(absl::string_view bytes, int window_log) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer room = {out.data(), out.size(), 0};
  // In two steps: told the end at once, the encoder would shrink the window to what there is.
  ZSTD_compressStream2(context, &room, &in, ZSTD_e_continue);
  ZSTD_compressStream2(context, &room, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(room.pos);
  return out;
}

}  // namespace testing
}  // namespace spindle
