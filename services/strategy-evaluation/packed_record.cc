#include "strategy-evaluation/packed_record.h"

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace expertline::evaluation {

namespace io = google::protobuf::io;

std::string pack(const v1::DecisionRecord& record, Kept kept) {
  std::string bytes(1, static_cast<char>(kept));
  if (kept == Kept::kCounts) {
    record.AppendToString(&bytes);
    return bytes;
  }
  io::StringOutputStream out(&bytes);
  io::GzipOutputStream::Options options;
  options.compression_level = 1;  // names repeat: more effort gains little
  io::GzipOutputStream gzip(&out, options);
  record.SerializeToZeroCopyStream(&gzip);
  gzip.Close();
  return bytes;
}

std::optional<Kept> kept_of(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto kept = static_cast<Kept>(bytes[0]);
  if (kept != Kept::kCounts && kept != Kept::kAll) return std::nullopt;
  return kept;
}

std::optional<Unpacked> unpack(std::string_view bytes) {
  const auto kept = kept_of(bytes);
  if (!kept) return std::nullopt;
  bytes.remove_prefix(1);
  Unpacked unpacked{.kept = *kept, .record = {}};
  io::ArrayInputStream in(bytes.data(), static_cast<int>(bytes.size()));
  if (*kept == Kept::kCounts) {
    if (!unpacked.record.ParseFromZeroCopyStream(&in)) return std::nullopt;
    return unpacked;
  }
  io::GzipInputStream gzip(&in);
  // To the parser a fault of the compressed bytes is only their end.
  const bool parsed = unpacked.record.ParseFromZeroCopyStream(&gzip);
  if (!parsed || bytes.empty() || gzip.ZlibErrorCode() < 0) return std::nullopt;
  return unpacked;
}

v1::DecisionRecord counts_of(const v1::DecisionRecord& record) {
  v1::DecisionRecord counts = record;
  counts.clear_facts();
  counts.clear_experts();
  return counts;
}

}  // namespace expertline::evaluation
