/* Libraries that get one thing wrong each, and with FAULT_MINIMAL one that gets everything right
 * with no more than it must: all that is optional is left out. */
#include <ridgepoint/plugin.h>
#include <stddef.h>
#include <stdlib.h>

struct ridgepoint_session {
  int64_t batch, vocab;
  int32_t last;
};

static ridgepoint_status session_open(ridgepoint_engine* engine, const ridgepoint_model* model,
                                      const ridgepoint_session_options* options,
                                      ridgepoint_session** session, char* error,
                                      uint64_t error_size) {
  (void)engine, (void)error, (void)error_size;
  *session = calloc(1, sizeof **session);
  if (*session == NULL) return RIDGEPOINT_OUT_OF_MEMORY;
  (*session)->batch = options->batch;
  (*session)->vocab = model->vocab;
  return RIDGEPOINT_OK;
}

static void session_close(ridgepoint_session* session) {
  free(session);
}

#ifndef FAULT_NO_FORWARD
static ridgepoint_status forward(ridgepoint_session* session, const int32_t* tokens, int64_t count,
                                 char* error, uint64_t error_size) {
  (void)error, (void)error_size;
  session->last = tokens[count - 1];
  return RIDGEPOINT_OK;
}
#endif

/* Two equal peaks a sequence: at the first sequence's last token plus the sequence's number, and at
 * the vocabulary's end. */
static ridgepoint_status logits(ridgepoint_session* session, float* values, char* error,
                                uint64_t error_size) {
  (void)error, (void)error_size;
  for (int64_t s = 0; s < session->batch; ++s) {
    float* const row = values + s * session->vocab;
    for (int64_t i = 0; i < session->vocab; ++i) row[i] = -1.0f;
    row[session->last + s] = 2.0f;
    row[session->vocab - 1] = 2.0f;
  }
  return RIDGEPOINT_OK;
}

static ridgepoint_status truncate_session(ridgepoint_session* session, int64_t length, char* error,
                                          uint64_t error_size) {
  (void)session, (void)length, (void)error, (void)error_size;
  return RIDGEPOINT_OK;
}

static const ridgepoint_plugin kPlugin = {
#ifdef FAULT_SMALL_TABLE
    .struct_size = 40,
#else
    .struct_size = sizeof(ridgepoint_plugin),
#endif
    .abi_version = RIDGEPOINT_PLUGIN_ABI_VERSION,
#ifndef FAULT_NO_NAME
    .name = "minimal",
#endif
    .version = "0",
    .session_open = session_open,
    .session_close = session_close,
#ifndef FAULT_NO_FORWARD
    .forward = forward,
#endif
    .logits = logits,
    .truncate = truncate_session,
};

#ifdef FAULT_NO_ENTRY
RIDGEPOINT_PLUGIN_EXPORT const void* another_entry(void);
const void* another_entry(void) {
  return &kPlugin;
}
#else
const ridgepoint_plugin* ridgepoint_plugin_entry(uint32_t host_abi_version) {
  (void)host_abi_version;
#ifdef FAULT_NULL_TABLE
  return host_abi_version == 0 ? &kPlugin : NULL;
#else
  return &kPlugin;
#endif
}
#endif
