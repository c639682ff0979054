// Keeps the calling thread on one CPU.
#pragma once

namespace ridgepoint {

/// False where the system does not allow it, or knows no such CPU: the thread stays where it may
/// be.
bool pin_this_thread(int cpu);

}  // namespace ridgepoint
