/* An engine that computes nothing and takes a time that is known in proportion: a pass is `units`
 * equal units of one kind of work, so one with `units=1020` does exactly 2 % more than one with
 * 1000. What a gate is tried on: is a planted slowdown found, whatever it is made of?
 *
 *   work=spin    arithmetic in registers
 *   work=memory  reads through a buffer that no cache holds
 *   work=alloc   memory taken from the allocator, touched and given back
 */
#include <ridgepoint/plugin.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Set to 2, it is the same engine after a change that made it half as fast. */
#ifndef PLANTED_FACTOR
#define PLANTED_FACTOR 1
#endif

enum { SPIN_ROUNDS = 400, MEMORY_BYTES = 16384, ALLOC_BYTES = 8192 };
static const size_t kBufferBytes = (size_t)256 << 20;

enum work { WORK_SPIN, WORK_MEMORY, WORK_ALLOC };

struct ridgepoint_engine {
  enum work work;
  int64_t units;
};

struct ridgepoint_session {
  const struct ridgepoint_engine* engine;
  int64_t batch, vocab;
  unsigned char* buffer; /* of WORK_MEMORY */
  size_t at;
};

/* What every unit leaves, so that none is optimised away. */
static volatile uint64_t sink;

static ridgepoint_status refuse(char* error, uint64_t error_size, const char* what,
                                const char* value) {
  snprintf(error, (size_t)error_size, "planted_slowdown: %s '%s'", what, value);
  return RIDGEPOINT_ERROR;
}

static ridgepoint_status engine_open(const ridgepoint_option* options, uint64_t option_count,
                                     ridgepoint_engine** engine, char* error, uint64_t error_size) {
  struct ridgepoint_engine* const made = calloc(1, sizeof *made);
  if (made == NULL) return RIDGEPOINT_OUT_OF_MEMORY;
  made->units = 1000;
  for (uint64_t i = 0; i < option_count; ++i) {
    const char* const value = options[i].value;
    char* end = NULL;
    ridgepoint_status status = RIDGEPOINT_OK;
    if (strcmp(options[i].key, "units") == 0) {
      made->units = strtoll(value, &end, 10);
      if (*end != '\0' || made->units < 1) {
        status = refuse(error, error_size, "units must be a number above 0, not", value);
      }
    } else if (strcmp(options[i].key, "work") != 0) {
      status = refuse(error, error_size, "there are the options work and units, but not",
                      options[i].key);
    } else if (strcmp(value, "spin") == 0) {
      made->work = WORK_SPIN;
    } else if (strcmp(value, "memory") == 0) {
      made->work = WORK_MEMORY;
    } else if (strcmp(value, "alloc") == 0) {
      made->work = WORK_ALLOC;
    } else {
      status = refuse(error, error_size, "work must be spin, memory or alloc, not", value);
    }
    if (status != RIDGEPOINT_OK) {
      free(made);
      return status;
    }
  }
  *engine = made;
  return RIDGEPOINT_OK;
}

static void engine_close(ridgepoint_engine* engine) {
  free(engine);
}

static ridgepoint_status session_open(ridgepoint_engine* engine, const ridgepoint_model* model,
                                      const ridgepoint_session_options* options,
                                      ridgepoint_session** session, char* error,
                                      uint64_t error_size) {
  (void)error, (void)error_size;
  struct ridgepoint_session* const made = calloc(1, sizeof *made);
  if (made == NULL) return RIDGEPOINT_OUT_OF_MEMORY;
  made->engine = engine;
  made->batch = options->batch;
  made->vocab = model->vocab;
  if (engine->work == WORK_MEMORY) {
    made->buffer = malloc(kBufferBytes);
    if (made->buffer == NULL) {
      free(made);
      return RIDGEPOINT_OUT_OF_MEMORY;
    }
    memset(made->buffer, 1, kBufferBytes);
  }
  *session = made;
  return RIDGEPOINT_OK;
}

static void session_close(ridgepoint_session* session) {
  free(session->buffer);
  free(session);
}

static uint64_t spin_unit(uint64_t value) {
  for (int i = 0; i < SPIN_ROUNDS; ++i) value = value * 6364136223846793005u + 1442695040888963407u;
  return value;
}

static uint64_t memory_unit(struct ridgepoint_session* session) {
  uint64_t sum = 0;
  const unsigned char* const from = session->buffer + session->at;
  for (size_t i = 0; i < MEMORY_BYTES; i += 64) sum += from[i];
  session->at = (session->at + MEMORY_BYTES) % kBufferBytes;
  return sum;
}

static uint64_t alloc_unit(void) {
  unsigned char* const memory = malloc(ALLOC_BYTES);
  if (memory == NULL) return 0;
  memset(memory, 2, ALLOC_BYTES);
  /* Whoever reads it is unknown to the compiler, which would leave out all three otherwise. */
  __asm__ volatile("" : : "r"(memory) : "memory");
  const uint64_t value = memory[ALLOC_BYTES / 2];
  free(memory);
  return value;
}

static ridgepoint_status forward(ridgepoint_session* session, const int32_t* tokens, int64_t count,
                                 char* error, uint64_t error_size) {
  (void)tokens, (void)count, (void)error, (void)error_size;
  uint64_t value = sink;
  for (int64_t unit = 0; unit < PLANTED_FACTOR * session->engine->units; ++unit) {
    switch (session->engine->work) {
      case WORK_SPIN:
        value = spin_unit(value);
        break;
      case WORK_MEMORY:
        value += memory_unit(session);
        break;
      case WORK_ALLOC:
        value += alloc_unit();
        break;
    }
    sink = value;
  }
  return RIDGEPOINT_OK;
}

static ridgepoint_status next_tokens(ridgepoint_session* session, int32_t* next, char* error,
                                     uint64_t error_size) {
  (void)error, (void)error_size;
  for (int64_t s = 0; s < session->batch; ++s) next[s] = 0;
  return RIDGEPOINT_OK;
}

static ridgepoint_status logits(ridgepoint_session* session, float* values, char* error,
                                uint64_t error_size) {
  (void)error, (void)error_size;
  memset(values, 0, (size_t)(session->batch * session->vocab) * sizeof *values);
  return RIDGEPOINT_OK;
}

static ridgepoint_status truncate_session(ridgepoint_session* session, int64_t length, char* error,
                                          uint64_t error_size) {
  (void)session, (void)length, (void)error, (void)error_size;
  return RIDGEPOINT_OK;
}

static const ridgepoint_plugin kPlugin = {
    .struct_size = sizeof(ridgepoint_plugin),
    .abi_version = RIDGEPOINT_PLUGIN_ABI_VERSION,
    .name = "planted slowdown",
    .version = "1",
    .summary = "Takes a known time and computes nothing",
    .engine_open = engine_open,
    .engine_close = engine_close,
    .session_open = session_open,
    .session_close = session_close,
    .forward = forward,
    .next_tokens = next_tokens,
    .logits = logits,
    .truncate = truncate_session,
};

const ridgepoint_plugin* ridgepoint_plugin_entry(uint32_t host_abi_version) {
  (void)host_abi_version;
  return &kPlugin;
}
