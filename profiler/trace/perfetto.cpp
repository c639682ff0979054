#include "profiler/trace/perfetto.h"

#include <map>
#include <vector>

#include "profiler/trace/trace_output.h"
#include "profiler/trace/wire.h"

namespace ridgepoint {
namespace {

// Numbers of fields and values in protos/perfetto/trace/perfetto_trace.proto.
namespace field {
constexpr std::uint32_t kPacket = 1;
namespace packet {
constexpr std::uint32_t kTimestamp = 8, kSequence = 10, kTrackEvent = 11, kInternedData = 12,
                        kSequenceFlags = 13, kTrackDescriptor = 60;
}
namespace event {
constexpr std::uint32_t kCategory = 3, kAnnotation = 4, kType = 9, kName = 10, kTrack = 11,
                        kDoubleValue = 44, kFlow = 47, kEndOfFlow = 48;
}
namespace annotation {
constexpr std::uint32_t kName = 1, kInteger = 4;
}
namespace interned {
constexpr std::uint32_t kCategories = 1, kNames = 2, kAnnotationNames = 3, kId = 1, kText = 2;
}
namespace track {
constexpr std::uint32_t kId = 1, kName = 2, kProcess = 3, kParent = 5, kCounter = 8;
constexpr std::uint32_t kProcessId = 1, kProcessName = 6;
constexpr std::uint32_t kUnitName = 6;
}  // namespace track
}  // namespace field

constexpr std::uint64_t kSliceBegin = 1, kSliceEnd = 2, kCounter = 4;
constexpr std::uint64_t kStateCleared = 1, kNeedsState = 2;
constexpr std::uint64_t kSequenceId = 1;
constexpr std::uint64_t kProcessTrack = 1, kPartsTrack = 2, kFirstTrack = 3;
// Whose process it was is not kept; Perfetto wants some number.
constexpr std::uint64_t kSomeProcess = 1;
// Interned numbers of their own kinds.
constexpr std::uint64_t kOpCategory = 1, kPartCategory = 2;
constexpr std::uint64_t kPassAnnotation = 1;

class PerfettoWriter {
 public:
  PerfettoWriter(const Trace& trace, const std::string& path) : trace_(trace), output_(path) {}

  Reading<std::int64_t> write() {
    intern();
    describe_tracks();
    parts();
    std::uint64_t track = kFirstTrack;
    for (const TracedLine& line : trace_.lines) spans(line, track++);
    for (const TracedCounter& counter : trace_.counters) points(counter, track++);
    return output_.finish();
  }

 private:
  std::uint64_t name_id(const std::string& name) {
    return names_.emplace(name, names_.size() + 1).first->second;
  }

  /// Every name and category, said once before the events that use them.
  void intern() {
    for (const SpanSource& source : trace_.sources) {
      std::vector<std::uint64_t> ids;
      for (const std::string& op_id : source.op_ids) ids.push_back(name_id(op_id));
      op_names_.push_back(std::move(ids));
    }
    for (const TracedPart& part : trace_.parts) name_id(part.name);
    std::string data;
    const auto entry = [&](std::uint32_t kind, std::uint64_t id, std::string_view text) {
      std::string message;
      wire::put_number(message, field::interned::kId, id);
      wire::put_bytes(message, field::interned::kText, text);
      wire::put_bytes(data, kind, message);
    };
    entry(field::interned::kCategories, kOpCategory, "op");
    entry(field::interned::kCategories, kPartCategory, "pass");
    entry(field::interned::kAnnotationNames, kPassAnnotation, "pass");
    for (const auto& [name, id] : names_) entry(field::interned::kNames, id, name);
    std::string packet;
    wire::put_bytes(packet, field::packet::kInternedData, data);
    wire::put_number(packet, field::packet::kSequenceFlags, kStateCleared);
    finish(packet);
  }

  void describe(std::uint64_t id, std::string_view name, std::uint64_t parent,
                const std::string& more) {
    std::string track;
    wire::put_number(track, field::track::kId, id);
    wire::put_bytes(track, field::track::kName, name);
    if (parent != 0) wire::put_number(track, field::track::kParent, parent);
    track += more;
    std::string packet;
    wire::put_bytes(packet, field::packet::kTrackDescriptor, track);
    finish(packet);
  }

  void describe_tracks() {
    std::string process;
    wire::put_number(process, field::track::kProcessId, kSomeProcess);
    wire::put_bytes(process, field::track::kProcessName, trace_.title);
    std::string more;
    wire::put_bytes(more, field::track::kProcess, process);
    describe(kProcessTrack, trace_.title, 0, more);
    describe(kPartsTrack, "passes", kProcessTrack, {});
    std::uint64_t track = kFirstTrack;
    for (const TracedLine& line : trace_.lines) describe(track++, line.name, kProcessTrack, {});
    for (const TracedCounter& counter : trace_.counters) {
      std::string unit, counter_field;
      wire::put_bytes(unit, field::track::kUnitName, counter.unit);
      wire::put_bytes(counter_field, field::track::kCounter, unit);
      describe(track++, counter.name, kProcessTrack, counter_field);
    }
  }

  void parts() {
    const auto& all = trace_.parts;
    for (std::size_t i = 0; i < all.size(); ++i) {
      event_.clear();
      wire::put_number(event_, field::event::kType, kSliceBegin);
      wire::put_number(event_, field::event::kTrack, kPartsTrack);
      wire::put_number(event_, field::event::kCategory, kPartCategory);
      wire::put_number(event_, field::event::kName, name_id(all[i].name));
      std::string pass;
      wire::put_number(pass, field::annotation::kName, kPassAnnotation);
      wire::put_number(pass, field::annotation::kInteger, static_cast<std::uint64_t>(all[i].pass));
      wire::put_bytes(event_, field::event::kAnnotation, pass);
      // What one part leaves behind, the next of its pass goes on with: flow i leads from i to i+1.
      if (i > 0 && all[i - 1].pass == all[i].pass) {
        wire::put_fixed64(event_, field::event::kEndOfFlow, i);
      }
      if (i + 1 < all.size() && all[i + 1].pass == all[i].pass) {
        wire::put_fixed64(event_, field::event::kFlow, i + 1);
      }
      send(all[i].begin_ns);
      end(kPartsTrack, all[i].end_ns);
    }
  }

  void spans(const TracedLine& line, std::uint64_t track) {
    for (const Span& span : line.spans) {
      if (span.source >= op_names_.size() || span.op >= op_names_[span.source].size()) continue;
      event_.clear();
      wire::put_number(event_, field::event::kType, kSliceBegin);
      wire::put_number(event_, field::event::kTrack, track);
      wire::put_number(event_, field::event::kCategory, kOpCategory);
      wire::put_number(event_, field::event::kName, op_names_[span.source][span.op]);
      send(span.begin_ns);
      end(track, span.end_ns);
    }
  }

  void points(const TracedCounter& counter, std::uint64_t track) {
    for (const auto& point : counter.points) {
      event_.clear();
      wire::put_number(event_, field::event::kType, kCounter);
      wire::put_number(event_, field::event::kTrack, track);
      wire::put_double(event_, field::event::kDoubleValue, point.value);
      send(point.at_ns);
    }
  }

  void end(std::uint64_t track, std::int64_t at_ns) {
    event_.clear();
    wire::put_number(event_, field::event::kType, kSliceEnd);
    wire::put_number(event_, field::event::kTrack, track);
    send(at_ns);
  }

  /// event_ at a moment. No clock is named: without snapshots of several clocks, Perfetto could not
  /// convert from any but its own.
  void send(std::int64_t at_ns) {
    packet_.clear();
    wire::put_number(packet_, field::packet::kTimestamp, static_cast<std::uint64_t>(at_ns));
    wire::put_bytes(packet_, field::packet::kTrackEvent, event_);
    wire::put_number(packet_, field::packet::kSequenceFlags, kNeedsState);
    finish(packet_);
  }

  void finish(std::string& packet) {
    wire::put_number(packet, field::packet::kSequence, kSequenceId);
    framed_.clear();
    wire::put_bytes(framed_, field::kPacket, packet);
    output_.add(framed_);
  }

  const Trace& trace_;
  TraceOutput output_;
  std::map<std::string, std::uint64_t> names_;
  std::vector<std::vector<std::uint64_t>> op_names_;  ///< by source and op
  std::string event_, packet_, framed_;
};

}  // namespace

Reading<std::int64_t> write_perfetto(const Trace& trace, const std::string& path) {
  return PerfettoWriter(trace, path).write();
}

}  // namespace ridgepoint
