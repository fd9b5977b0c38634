#include "net/web/gzip.h"

#include <zlib.h>

#include "engine/check.h"

namespace plated {

std::string gzip_of(std::string_view text) {
  constexpr int kLevel = 6;
  constexpr int kGzip = 16 + MAX_WBITS;  // zlib's way of saying: a header of gzip's
  constexpr int kMemory = 8;             // zlib's default
  z_stream stream{};
  check(deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) == Z_OK,
        "zlib has memory");
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in(text);  // zlib's interface takes no constant bytes
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib keeps within its bound");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace plated
