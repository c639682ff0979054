#include "harness/run/run_claim.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
};

/// A first byte of 0 makes it one that no file system has.
Address address_of(std::string_view run_id) {
  Address address;
  address.name.sun_family = AF_UNIX;
  const std::string text = fmt::format("ridgepoint/run/{}", run_id);
  const std::size_t length = std::min(text.size(), sizeof address.name.sun_path - 1);
  std::memcpy(address.name.sun_path + 1, text.data(), length);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  return address;
}

int new_socket() {
  const int result = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (result < 0) throw std::system_error(errno, std::generic_category(), "socket");
  return result;
}

}  // namespace

RunClaim::RunClaim(std::string_view run_id) : socket_(new_socket()) {
  const Address address = address_of(run_id);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address.name), address.size) == 0) return;
  const int error = errno;
  ::close(socket_);
  if (error != EADDRINUSE) throw std::system_error(error, std::generic_category(), "bind");
  throw Error(fmt::format(
      "run {}: another process is measuring it at this moment; wait for it, or stop it first",
      run_id.substr(0, 8)));
}

RunClaim::~RunClaim() {
  ::close(socket_);
}

bool RunClaim::is_held(std::string_view run_id) {
  const int probe = new_socket();
  const Address address = address_of(run_id);
  const bool free =
      ::bind(probe, reinterpret_cast<const sockaddr*>(&address.name), address.size) == 0;
  ::close(probe);
  return !free;
}

}  // namespace ridgepoint
