#include "profiler/trace/chrome_json.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "profiler/trace/trace_output.h"

namespace ridgepoint {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <class Number>
void append(std::string& out, Number value) {
  char digits[64];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, result.ptr);
}

/// Nanoseconds as microseconds.
void append_us(std::string& out, std::int64_t ns) {
  append(out, ns / 1000);
  const auto rest = static_cast<int>(ns % 1000);
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

constexpr int kPartsThread = 1, kFirstThread = 2;

class ChromeWriter {
 public:
  ChromeWriter(const Trace& trace, const std::string& path) : trace_(trace), output_(path) {}

  Reading<std::int64_t> write() {
    output_.add("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    output_.add("{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":" +
                quoted(trace_.title) + "}}");
    name_thread(kPartsThread, "passes");
    parts();
    int thread = kFirstThread;
    for (const TracedLine& line : trace_.lines) {
      name_thread(thread, line.name);
      spans(line, thread++);
    }
    for (const TracedCounter& counter : trace_.counters) points(counter);
    output_.add("\n]}\n");
    return output_.finish();
  }

 private:
  void name_thread(int thread, std::string_view name) {
    output_.add(",\n{\"ph\":\"M\",\"pid\":1,\"tid\":" + std::to_string(thread) +
                ",\"name\":\"thread_name\",\"args\":{\"name\":" + quoted(name) + "}}");
  }

  /// All but the closing brace.
  void begin_event(std::string_view kind, int thread, std::string_view quoted_name,
                   std::int64_t at_ns) {
    line_ = ",\n{\"ph\":\"";
    line_.append(kind).append("\",\"pid\":1,\"tid\":");
    append(line_, thread);
    line_.append(",\"name\":").append(quoted_name).append(",\"ts\":");
    append_us(line_, at_ns);
  }

  void parts() {
    const auto& all = trace_.parts;
    for (std::size_t i = 0; i < all.size(); ++i) {
      begin_event("X", kPartsThread, quoted(all[i].name), all[i].begin_ns);
      line_ += ",\"dur\":";
      append_us(line_, all[i].end_ns - all[i].begin_ns);
      line_ += ",\"args\":{\"pass\":";
      append(line_, all[i].pass);
      output_.add(line_ + "}}");
      if (i + 1 >= all.size() || all[i + 1].pass != all[i].pass) continue;
      flow("s", i, all[i].begin_ns);
      flow("f", i, all[i + 1].begin_ns);
    }
  }

  void flow(std::string_view kind, std::size_t id, std::int64_t at_ns) {
    begin_event(kind, kPartsThread, "\"next\"", at_ns);
    line_ += ",\"cat\":\"pass\",\"bp\":\"e\",\"id\":";
    append(line_, id);
    output_.add(line_ + "}");
  }

  void spans(const TracedLine& line, int thread) {
    std::vector<std::vector<std::string>> names;  // quoting once an op, not once a span
    for (const SpanSource& source : trace_.sources) {
      names.emplace_back();
      for (const std::string& op_id : source.op_ids) names.back().push_back(quoted(op_id));
    }
    for (const Span& span : line.spans) {
      if (span.source >= names.size() || span.op >= names[span.source].size()) continue;
      begin_event("X", thread, names[span.source][span.op], span.begin_ns);
      line_ += ",\"cat\":\"op\",\"dur\":";
      append_us(line_, span.end_ns - span.begin_ns);
      line_ += '}';
      output_.add(line_);
    }
  }

  void points(const TracedCounter& counter) {
    const std::string name = quoted(counter.name);
    const std::string unit = quoted(counter.unit);
    for (const auto& point : counter.points) {
      if (!std::isfinite(point.value)) continue;
      begin_event("C", kPartsThread, name, point.at_ns);
      line_.append(",\"args\":{").append(unit).append(":");
      append(line_, point.value);
      output_.add(line_ + "}}");
    }
  }

  const Trace& trace_;
  TraceOutput output_;
  std::string line_;
};

}  // namespace

Reading<std::int64_t> write_chrome_json(const Trace& trace, const std::string& path) {
  return ChromeWriter(trace, path).write();
}

}  // namespace ridgepoint
