/* As much of NVML as the probe uses, of a GPU that takes 2.5 J between two readings. The
   second one, at 0000:0A:00.0, has no energy counter; there is no third. */
#include <string.h>

static unsigned long long energy_mj = 1000;
static int devices[2];

int nvmlInit_v2(void) {
  return 0;
}
int nvmlShutdown(void) {
  return 0;
}
const char* nvmlErrorString(int status) {
  return status == 3 ? "Not Supported" : "Not Found";
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  if (index > 1) return 6;
  *device = &devices[index];
  return 0;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, void** device) {
  /* NVML takes domains of four and of eight digits. */
  if (strcmp(bus_id, "0000:0A:00.0") != 0) return 6;
  *device = &devices[1];
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy) {
  if (device == &devices[1]) return 3;
  energy_mj += 2500;
  *energy = energy_mj;
  return 0;
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* power) {
  (void)device;
  *power = 650000;
  return 0;
}
int nvmlDeviceGetTemperature(void* device, int sensor, unsigned* temperature) {
  (void)device;
  *temperature = sensor == 0 ? 61 : 0;
  return 0;
}
int nvmlDeviceGetClockInfo(void* device, int kind, unsigned* clock) {
  (void)device;
  *clock = kind == 1 ? 1755 : 0;
  return 0;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void* device, unsigned long long* reasons) {
  (void)device;
  *reasons = 0x4 | 0x20;
  return 0;
}
