#include "profiler/perf/memory_controllers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "profiler/machine/system_file.h"
#include "profiler/perf/open_event.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr double kDramLineBytes = 64;

/// What a controller calls its events; those without a text are files of the folder `events`.
struct ControllerKind {
  const char* prefix;
  const char* read;
  const char* write;
  const char* read_text;
  const char* write_text;
};
constexpr ControllerKind kControllers[] = {
    {"uncore_imc_free_running", "read", "write", nullptr, nullptr},
    {"uncore_imc", "cas_count_read", "cas_count_write", nullptr, nullptr},
    {"amd_umc", nullptr, nullptr, "event=0x0a,rdwrmask=0x1", "event=0x0a,rdwrmask=0x2"}};

std::optional<std::uint64_t> number_in(std::string_view text) {
  const bool is_hexadecimal = text.starts_with("0x");
  if (is_hexadecimal) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [at, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, is_hexadecimal ? 16 : 10);
  const bool is_whole = error == std::errc() && at == text.data() + text.size();
  return is_whole && !text.empty() ? std::optional(number) : std::nullopt;
}

/// "config:0-7,32-35": the lowest bits of the value go to the first of these.
std::optional<std::uint64_t> spread(std::uint64_t value, std::string_view format) {
  constexpr std::string_view kWhere = "config:";
  if (!format.starts_with(kWhere)) return std::nullopt;
  const auto bits = parse_cpu_list(format.substr(kWhere.size()));  // the same notation
  if (!bits) return std::nullopt;
  std::uint64_t config = 0;
  for (const int bit : *bits) {
    if (bit > 63) return std::nullopt;
    config |= (value & 1U) << static_cast<unsigned>(bit);
    value >>= 1U;
  }
  return value == 0 ? std::optional(config) : std::nullopt;
}

/// Bytes of one count, by "events/NAME.scale" and ".unit".
double bytes_of_count(const fs::path& event) {
  const auto scale = read_system_file(event.string() + ".scale");
  const auto unit = read_system_file(event.string() + ".unit");
  if (!scale || !unit) return kDramLineBytes;
  const std::string text(trim(scale.value()));
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || !(number > 0) || trim(unit.value()) != "MiB") return 0;
  return number * 1024 * 1024;
}

/// The CPUs on which a source is read: one a socket.
std::vector<int> cpus_of(const fs::path& device) {
  const auto text = read_system_file((device / "cpumask").string());
  const auto cpus = text ? parse_cpu_list(trim(text.value())) : std::nullopt;
  return cpus ? *cpus : std::vector<int>{};
}

void add_event(const fs::path& device, const char* name, const char* text, const char* meaning,
               std::vector<ControllerEvent>& events) {
  std::string of_text = text == nullptr ? std::string() : std::string(text);
  double bytes = kDramLineBytes;
  if (text == nullptr) {
    const auto read = read_system_file((device / "events" / name).string());
    if (!read) return;
    of_text = read.value();
    bytes = bytes_of_count(device / "events" / name);
  }
  const auto type_text = read_system_file((device / "type").string());
  const auto type = type_text ? parse_integer(type_text.value()) : std::nullopt;
  const auto config = encode_event(of_text, (device / "format").string());
  if (!type || !config || !(bytes > 0)) return;
  for (const int cpu : cpus_of(device)) {
    events.push_back({meaning,
                      device.filename().string(),
                      {static_cast<std::uint32_t>(*type), config.value(), 0},
                      cpu,
                      bytes});
  }
}

class PerfControllers : public SystemCounters {
 public:
  bool open(const std::vector<ControllerEvent>& events, std::string& why) {
    for (const ControllerEvent& event : events) {
      perf_event_attr attributes{};
      attributes.size = sizeof attributes;
      attributes.type = event.code.type;
      attributes.config = event.code.config;
      attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
      int error = 0;
      open_.push_back(open_event(attributes, -1, event.cpu, -1, error));
      bytes_.push_back(event.bytes);
      if (error == 0) continue;
      why = fmt::format("{}: {}", event.device, why_not_opened(error));
      return false;
    }
    return true;
  }

  bool read(std::vector<double>& bytes) override {
    bytes.resize(open_.size());
    for (std::size_t i = 0; i < open_.size(); ++i) {
      std::uint64_t count[3] = {};  // and the times that it was enabled and running
      if (::read(open_[i].number(), count, sizeof count) != sizeof count) return false;
      // These have counters of their own: what shared them would be no sum of all bytes.
      if (count[2] < count[1]) return false;
      bytes[i] = static_cast<double>(count[0]) * bytes_[i];
    }
    return true;
  }

 private:
  std::vector<EventDescriptor> open_;
  std::vector<double> bytes_;
};

}  // namespace

Reading<std::uint64_t> encode_event(std::string_view text, const std::string& format_folder) {
  std::uint64_t config = 0;
  text = trim(text);
  while (!text.empty()) {
    const std::string_view term = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), term.size() + 1));
    const auto equals = term.find('=');
    const std::string name(term.substr(0, equals));
    // A term without a value is a bit that is set.
    const auto value = equals == std::string_view::npos ? std::optional<std::uint64_t>(1)
                                                        : number_in(term.substr(equals + 1));
    const auto format = read_system_file((fs::path(format_folder) / name).string());
    const auto bits =
        value && format ? spread(*value, trim(format.value())) : std::optional<std::uint64_t>();
    if (!bits) {
      return Reading<std::uint64_t>::absent(
          fmt::format("{}: it has no term '{}'", format_folder, term));
    }
    config |= *bits;
  }
  return Reading<std::uint64_t>::of(config);
}

Reading<std::vector<ControllerEvent>> find_controller_events(const std::string& sources) {
  std::vector<ControllerEvent> events, free_running;
  std::error_code error;
  std::vector<fs::path> devices;
  for (const auto& entry : fs::directory_iterator(sources, error)) devices.push_back(entry.path());
  std::ranges::sort(devices);
  for (const fs::path& device : devices) {
    const std::string name = device.filename().string();
    const auto* const kind = std::ranges::find_if(
        kControllers, [&](const ControllerKind& each) { return name.starts_with(each.prefix); });
    if (kind == std::end(kControllers)) continue;
    auto& to = kind == std::begin(kControllers) ? free_running : events;
    add_event(device, kind->read, kind->read_text, "dram_read_bytes", to);
    add_event(device, kind->write, kind->write_text, "dram_write_bytes", to);
  }
  // The same bytes, counted twice.
  if (events.empty()) events = std::move(free_running);
  if (!events.empty()) return Reading<std::vector<ControllerEvent>>::of(std::move(events));
  return Reading<std::vector<ControllerEvent>>::absent(fmt::format(
      "{}: the kernel shows no counters of memory controllers (uncore_imc, amd_umc), as "
      "in virtual machines",
      sources));
}

PerfControllerSource::PerfControllerSource(std::string sources) : sources_(std::move(sources)) {}

Reading<std::vector<ControllerEvent>> PerfControllerSource::events() {
  return find_controller_events(sources_);
}

std::unique_ptr<SystemCounters> PerfControllerSource::open(
    const std::vector<ControllerEvent>& events, std::string& why) {
  auto counters = std::make_unique<PerfControllers>();
  if (!counters->open(events, why)) return nullptr;
  return counters;
}

}  // namespace ridgepoint
