/* A whole inference engine in one file, on nothing but <ridgepoint/plugin.h> and the C library:
 * llama and qwen2, weights in f32, f16, bf16 or q8_0 used where the host mapped them, one thread,
 * one token after the other. It is here to be read, and to be measured by tests: with the option
 * `mode` it misbehaves in the ways that a harness has to survive.
 *
 *   mode=ok            the default
 *   mode=wrong         logits are `percent` off, up and down in turn (default 10)
 *   mode=nan           logits are not numbers
 *   mode=bad_token     chooses a token outside the vocabulary
 *   mode=error         forward fails, and says why
 *   mode=silent_error  forward fails without a word
 *   mode=rude_error    forward fails and overfills its line with control characters
 *   mode=oom           forward says that memory ran out
 *   mode=leak          forward takes memory until there is none
 *   mode=crash         forward writes to address 0
 *   mode=hang          forward never returns
 *   mode=slow          forward takes delay_ms longer (default 10)
 *   mode=forgetful     attention sees the newest 16 tokens only
 *   mode=lazy          leaves the layers out for tokens past the 24th
 *   mode=refuse        supports says no        mode=no_session  session_open returns nothing
 *   after=N            misbehave only after N forwards that went well (default 0)
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ridgepoint/plugin.h>

#ifndef EXAMPLE_ABI_VERSION
#define EXAMPLE_ABI_VERSION RIDGEPOINT_PLUGIN_ABI_VERSION
#endif

/* ---- options ---- */

static const char* const kModes[] = {
    "ok",   "wrong", "nan",  "bad_token", "error",  "silent_error", "rude_error", "oom",
    "leak", "crash", "hang", "slow",      "refuse", "no_session",   "forgetful",  "lazy"};
enum { kModeCount = sizeof kModes / sizeof kModes[0] };

struct ridgepoint_engine {
  const char* mode; /* one of kModes */
  long after;
  long delay_ms;
  long percent;
};

static bool mode_is(const struct ridgepoint_engine* engine, const char* mode) {
  return strcmp(engine->mode, mode) == 0;
}

static bool read_count(const char* text, long* value) {
  char* end = NULL;
  errno = 0;
  *value = strtol(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *value >= 0;
}

static ridgepoint_status engine_open(const ridgepoint_option* options, uint64_t option_count,
                                     ridgepoint_engine** engine, char* error, uint64_t error_size) {
  struct ridgepoint_engine made = {kModes[0], 0, 10, 10};
  for (uint64_t i = 0; i < option_count; ++i) {
    const char* const key = options[i].key;
    const char* const value = options[i].value;
    bool good = false;
    if (strcmp(key, "mode") == 0) {
      for (int m = 0; m < kModeCount; ++m) {
        if (strcmp(value, kModes[m]) != 0) continue;
        made.mode = kModes[m];
        good = true;
      }
    } else if (strcmp(key, "after") == 0) {
      good = read_count(value, &made.after);
    } else if (strcmp(key, "delay_ms") == 0) {
      good = read_count(value, &made.delay_ms);
    } else if (strcmp(key, "percent") == 0) {
      good = read_count(value, &made.percent);
    } else {
      snprintf(error, error_size, "unknown option '%s'; known are mode, after, delay_ms, percent",
               key);
      return RIDGEPOINT_ERROR;
    }
    if (!good) {
      snprintf(error, error_size, "option %s: bad value '%s'", key, value);
      return RIDGEPOINT_ERROR;
    }
  }
  *engine = malloc(sizeof **engine);
  if (*engine == NULL) return RIDGEPOINT_OUT_OF_MEMORY;
  **engine = made;
  return RIDGEPOINT_OK;
}

static void engine_close(ridgepoint_engine* engine) {
  free(engine);
}

/* ---- numbers ---- */

static float f16_to_float(uint16_t bits) {
  const uint32_t sign = (uint32_t)(bits >> 15) << 31;
  const uint32_t exponent = (bits >> 10) & 0x1f;
  const uint32_t fraction = bits & 0x3ff;
  uint32_t result;
  float value;
  if (exponent == 0) { /* zero and subnormal: fraction * 2^-24 */
    value = ldexpf((float)fraction, -24);
    return sign ? -value : value;
  }
  result = sign | (exponent == 31 ? 0xffu : exponent + 112) << 23 | fraction << 13;
  memcpy(&value, &result, sizeof value);
  return value;
}

/* To nearest, ties to even. */
static uint16_t float_to_f16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
  const float magnitude = fabsf(value);
  if (isnan(value)) return sign | 0x7e00;
  if (magnitude >= 65520.0f) return sign | 0x7c00;
  if (magnitude < 6.103515625e-5f) { /* subnormal: steps of 2^-24 */
    return sign | (uint16_t)lrintf(ldexpf(magnitude, 24));
  }
  bits &= 0x7fffffff;
  bits += 0xfff + ((bits >> 13) & 1);
  return sign | (uint16_t)((bits >> 13) - (112u << 10));
}

static float bf16_to_float(uint16_t bits) {
  const uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

static uint16_t float_to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (isnan(value)) return (uint16_t)(bits >> 16) | 0x40;
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static uint16_t load_u16(const unsigned char* from) {
  uint16_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

enum { kRemembered = 16 };              /* tokens, of a forgetful engine */
enum { kCared = 24 };                   /* tokens, of a lazy engine */
enum { kBlock = 32, kBlockBytes = 34 }; /* q8_0 */

static bool type_is_known(uint32_t type) {
  return type == RIDGEPOINT_TYPE_F32 || type == RIDGEPOINT_TYPE_F16 ||
         type == RIDGEPOINT_TYPE_BF16 || type == RIDGEPOINT_TYPE_Q8_0;
}

static uint64_t row_bytes(uint32_t type, int64_t elements) {
  if (type == RIDGEPOINT_TYPE_F32) return (uint64_t)elements * 4;
  if (type == RIDGEPOINT_TYPE_Q8_0) return (uint64_t)(elements / kBlock) * kBlockBytes;
  return (uint64_t)elements * 2;
}

static float element(uint32_t type, const unsigned char* row, int64_t i) {
  float value;
  switch (type) {
    case RIDGEPOINT_TYPE_F16:
      return f16_to_float(load_u16(row + 2 * i));
    case RIDGEPOINT_TYPE_BF16:
      return bf16_to_float(load_u16(row + 2 * i));
    case RIDGEPOINT_TYPE_Q8_0: {
      const unsigned char* const block = row + i / kBlock * kBlockBytes;
      return f16_to_float(load_u16(block)) * (float)(signed char)block[2 + i % kBlock];
    }
    default:
      memcpy(&value, row + 4 * i, sizeof value);
      return value;
  }
}

static void store(uint32_t type, unsigned char* row, int64_t i, float value) {
  if (type == RIDGEPOINT_TYPE_F32) {
    memcpy(row + 4 * i, &value, sizeof value);
  } else {
    const uint16_t bits = type == RIDGEPOINT_TYPE_F16 ? float_to_f16(value) : float_to_bf16(value);
    memcpy(row + 2 * i, &bits, sizeof bits);
  }
}

/* ---- a session ---- */

struct layer {
  const ridgepoint_tensor *attn_norm, *q, *k, *v, *q_bias, *k_bias, *v_bias, *attn_output,
      *ffn_norm, *gate, *up, *down;
  unsigned char *keys, *values; /* [batch][capacity][kv_heads * head_dim] of the cache's type */
};

struct ridgepoint_session {
  const struct ridgepoint_engine* engine;
  const ridgepoint_model* model;
  ridgepoint_session_options options;
  const ridgepoint_tensor *embedding, *output_norm, *output;
  struct layer* layers;
  int64_t length;
  long forwards;
  float *x, *normed, *query, *key, *value, *mixed, *gate, *up, *scores, *logits;
};

static const ridgepoint_tensor* find(const ridgepoint_model* model, const char* name) {
  for (uint64_t i = 0; i < model->tensor_count; ++i) {
    if (strcmp(model->tensors[i].name, name) == 0) return &model->tensors[i];
  }
  return NULL;
}

static const ridgepoint_tensor* find_in_layer(const ridgepoint_model* model, int64_t layer,
                                              const char* name) {
  char full[96];
  snprintf(full, sizeof full, "blk.%lld.%s", (long long)layer, name);
  return find(model, full);
}

/* Whether a tensor is there, of a type that is read here and of this shape; `in` 0: a vector. */
static bool fits(const ridgepoint_tensor* tensor, int64_t out, int64_t in) {
  if (tensor == NULL || !type_is_known(tensor->type) || tensor->rank != (in > 0 ? 2u : 1u) ||
      tensor->dims[0] != out || (in > 0 && tensor->dims[1] != in)) {
    return false;
  }
  return tensor->bytes ==
         (in > 0 ? (uint64_t)out * row_bytes(tensor->type, in) : row_bytes(tensor->type, out));
}

static ridgepoint_status supports(ridgepoint_engine* engine, const ridgepoint_model* model,
                                  const ridgepoint_session_options* options, char* error,
                                  uint64_t error_size) {
  if (mode_is(engine, "refuse")) {
    snprintf(error, error_size, "the example engine was asked to refuse");
    return RIDGEPOINT_UNSUPPORTED;
  }
  if (strcmp(model->architecture, "llama") != 0 && strcmp(model->architecture, "qwen2") != 0) {
    snprintf(error, error_size, "the example engine runs llama and qwen2, not %s",
             model->architecture);
    return RIDGEPOINT_UNSUPPORTED;
  }
  if (model->experts > 0 || model->sliding_window > 0) {
    snprintf(error, error_size, "the example engine has no experts and no sliding window");
    return RIDGEPOINT_UNSUPPORTED;
  }
  for (uint64_t i = 0; i < model->tensor_count; ++i) {
    if (type_is_known(model->tensors[i].type)) continue;
    snprintf(error, error_size,
             "the example engine cannot read %s: type %u is none of f32, f16, bf16, "
             "q8_0",
             model->tensors[i].name, (unsigned)model->tensors[i].type);
    return RIDGEPOINT_UNSUPPORTED;
  }
  if (options->kv_type == RIDGEPOINT_TYPE_Q8_0 || !type_is_known(options->kv_type)) {
    snprintf(error, error_size, "the example engine caches in f32, f16 or bf16");
    return RIDGEPOINT_UNSUPPORTED;
  }
  return RIDGEPOINT_OK;
}

static void session_close(ridgepoint_session* session) {
  if (session->layers != NULL) {
    for (int64_t i = 0; i < session->model->layers; ++i) {
      free(session->layers[i].keys);
      free(session->layers[i].values);
    }
  }
  float* const buffers[] = {session->x,      session->normed, session->query, session->key,
                            session->value,  session->mixed,  session->gate,  session->up,
                            session->scores, session->logits};
  for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; ++i) free(buffers[i]);
  free(session->layers);
  free(session);
}

static bool bind_weights(struct ridgepoint_session* session) {
  const ridgepoint_model* const model = session->model;
  const int64_t hidden = model->hidden;
  const int64_t q = model->heads * model->head_dim, kv = model->kv_heads * model->head_dim;
  session->embedding = find(model, "token_embd.weight");
  session->output_norm = find(model, "output_norm.weight");
  session->output = model->tied_embeddings ? session->embedding : find(model, "output.weight");
  bool good = fits(session->embedding, model->vocab, hidden) &&
              fits(session->output_norm, hidden, 0) && fits(session->output, model->vocab, hidden);
  for (int64_t i = 0; good && i < model->layers; ++i) {
    struct layer* const layer = &session->layers[i];
    layer->attn_norm = find_in_layer(model, i, "attn_norm.weight");
    layer->q = find_in_layer(model, i, "attn_q.weight");
    layer->k = find_in_layer(model, i, "attn_k.weight");
    layer->v = find_in_layer(model, i, "attn_v.weight");
    layer->attn_output = find_in_layer(model, i, "attn_output.weight");
    layer->ffn_norm = find_in_layer(model, i, "ffn_norm.weight");
    layer->gate = find_in_layer(model, i, "ffn_gate.weight");
    layer->up = find_in_layer(model, i, "ffn_up.weight");
    layer->down = find_in_layer(model, i, "ffn_down.weight");
    good = fits(layer->attn_norm, hidden, 0) && fits(layer->q, q, hidden) &&
           fits(layer->k, kv, hidden) && fits(layer->v, kv, hidden) &&
           fits(layer->attn_output, hidden, q) && fits(layer->ffn_norm, hidden, 0) &&
           fits(layer->gate, model->ffn, hidden) && fits(layer->up, model->ffn, hidden) &&
           fits(layer->down, hidden, model->ffn);
    if (good && model->qkv_bias) {
      layer->q_bias = find_in_layer(model, i, "attn_q.bias");
      layer->k_bias = find_in_layer(model, i, "attn_k.bias");
      layer->v_bias = find_in_layer(model, i, "attn_v.bias");
      good = fits(layer->q_bias, q, 0) && fits(layer->k_bias, kv, 0) && fits(layer->v_bias, kv, 0);
    }
  }
  return good;
}

static float* floats(int64_t count) {
  return calloc((size_t)count, sizeof(float));
}

/* Bytes of one layer's keys, or values. */
static uint64_t cache_bytes(const struct ridgepoint_session* session) {
  const ridgepoint_model* const model = session->model;
  return (uint64_t)(session->options.batch * session->options.capacity) *
         row_bytes(session->options.kv_type, model->kv_heads * model->head_dim);
}

/* Work buffers, in floats. */
static int64_t scratch_floats(const struct ridgepoint_session* session) {
  const ridgepoint_model* const model = session->model;
  return 2 * model->hidden + 2 * model->heads * model->head_dim +
         2 * model->kv_heads * model->head_dim + 2 * model->ffn + session->options.capacity +
         session->options.batch * model->vocab;
}

static bool allocate(struct ridgepoint_session* session) {
  const ridgepoint_model* const model = session->model;
  const int64_t q = model->heads * model->head_dim, kv = model->kv_heads * model->head_dim;
  for (int64_t i = 0; i < model->layers; ++i) {
    session->layers[i].keys = malloc(cache_bytes(session));
    session->layers[i].values = malloc(cache_bytes(session));
    if (session->layers[i].keys == NULL || session->layers[i].values == NULL) return false;
    /* Touched now, so that no page fault falls into a measured step. */
    memset(session->layers[i].keys, 1, cache_bytes(session));
    memset(session->layers[i].values, 1, cache_bytes(session));
  }
  session->x = floats(model->hidden);
  session->normed = floats(model->hidden);
  session->query = floats(q);
  session->mixed = floats(q);
  session->key = floats(kv);
  session->value = floats(kv);
  session->gate = floats(model->ffn);
  session->up = floats(model->ffn);
  session->scores = floats(session->options.capacity);
  session->logits = floats(session->options.batch * model->vocab);
  return session->x && session->normed && session->query && session->mixed && session->key &&
         session->value && session->gate && session->up && session->scores && session->logits;
}

static ridgepoint_status session_open(ridgepoint_engine* engine, const ridgepoint_model* model,
                                      const ridgepoint_session_options* options,
                                      ridgepoint_session** session, char* error,
                                      uint64_t error_size) {
  if (mode_is(engine, "no_session")) return RIDGEPOINT_OK;
  struct ridgepoint_session* const made = calloc(1, sizeof *made);
  if (made == NULL) return RIDGEPOINT_OUT_OF_MEMORY;
  made->engine = engine;
  made->model = model;
  made->options = *options;
  made->layers = calloc((size_t)model->layers, sizeof *made->layers);
  if (made->layers == NULL || !allocate(made)) {
    session_close(made);
    snprintf(error, error_size, "no memory for the KV cache and the work buffers");
    return RIDGEPOINT_OUT_OF_MEMORY;
  }
  if (!bind_weights(made)) {
    session_close(made);
    snprintf(error, error_size,
             "%s: a tensor is missing, or is not of the shape that the "
             "hyperparameters imply",
             model->name);
    return RIDGEPOINT_ERROR;
  }
  *session = made;
  return RIDGEPOINT_OK;
}

/* ---- forward ---- */

static void multiply(const ridgepoint_tensor* weight, const ridgepoint_tensor* bias,
                     const float* in, float* out) {
  const int64_t rows = weight->dims[0], columns = weight->dims[1];
  const uint64_t stride = row_bytes(weight->type, columns);
  for (int64_t r = 0; r < rows; ++r) {
    const unsigned char* const row = (const unsigned char*)weight->data + (uint64_t)r * stride;
    float sum = bias != NULL ? element(bias->type, bias->data, r) : 0.0f;
    for (int64_t c = 0; c < columns; ++c) sum += element(weight->type, row, c) * in[c];
    out[r] = sum;
  }
}

static void normalise(const ridgepoint_tensor* weight, double epsilon, const float* in,
                      float* out) {
  const int64_t n = weight->dims[0];
  double squares = 0;
  for (int64_t i = 0; i < n; ++i) squares += (double)in[i] * in[i];
  const float scale = (float)(1.0 / sqrt(squares / (double)n + epsilon));
  for (int64_t i = 0; i < n; ++i) out[i] = in[i] * scale * element(weight->type, weight->data, i);
}

static void rotate(const ridgepoint_model* model, float* heads, int64_t count, int64_t position) {
  const int64_t half = model->head_dim / 2;
  const bool adjacent = model->rope_pairing == RIDGEPOINT_ROPE_ADJACENT;
  for (int64_t i = 0; i < half; ++i) {
    const double angle = (double)position * model->rope_inverse_frequencies[i];
    const float c = (float)cos(angle), s = (float)sin(angle);
    for (int64_t h = 0; h < count; ++h) {
      float* const head = heads + h * model->head_dim;
      float* const a = adjacent ? head + 2 * i : head + i;
      float* const b = adjacent ? a + 1 : head + i + half;
      const float rotated = *a * c - *b * s;
      *b = *a * s + *b * c;
      *a = rotated;
    }
  }
}

static void attend(struct ridgepoint_session* session, const struct layer* layer, int64_t sequence,
                   int64_t position) {
  const ridgepoint_model* const model = session->model;
  const int64_t d = model->head_dim, width = model->kv_heads * d;
  const uint32_t type = session->options.kv_type;
  const uint64_t stride = row_bytes(type, width);
  const uint64_t first = (uint64_t)(sequence * session->options.capacity) * stride;
  const float scale = 1.0f / sqrtf((float)d);
  const bool forgetful = mode_is(session->engine, "forgetful") && position >= kRemembered;
  const int64_t oldest = forgetful ? position - kRemembered + 1 : 0;
  for (int64_t i = 0; i < width; ++i) {
    store(type, layer->keys + first + (uint64_t)position * stride, i, session->key[i]);
    store(type, layer->values + first + (uint64_t)position * stride, i, session->value[i]);
  }
  for (int64_t h = 0; h < model->heads; ++h) {
    const int64_t offset = h / (model->heads / model->kv_heads) * d;
    const float* const query = session->query + h * d;
    float* const mixed = session->mixed + h * d;
    float greatest = -INFINITY, sum = 0;
    for (int64_t p = oldest; p <= position; ++p) {
      const unsigned char* const row = layer->keys + first + (uint64_t)p * stride;
      float dot = 0;
      for (int64_t i = 0; i < d; ++i) dot += query[i] * element(type, row, offset + i);
      session->scores[p] = dot * scale;
      greatest = fmaxf(greatest, session->scores[p]);
    }
    for (int64_t i = 0; i < d; ++i) mixed[i] = 0;
    for (int64_t p = oldest; p <= position; ++p) {
      const unsigned char* const row = layer->values + first + (uint64_t)p * stride;
      const float weight = expf(session->scores[p] - greatest);
      sum += weight;
      for (int64_t i = 0; i < d; ++i) mixed[i] += weight * element(type, row, offset + i);
    }
    for (int64_t i = 0; i < d; ++i) mixed[i] /= sum;
  }
}

/* One token of one sequence through all layers; session->x holds the result. */
static void step(struct ridgepoint_session* session, int64_t sequence, int64_t position,
                 int32_t token) {
  const ridgepoint_model* const model = session->model;
  const uint64_t stride = row_bytes(session->embedding->type, model->hidden);
  const unsigned char* const row =
      (const unsigned char*)session->embedding->data + (uint64_t)token * stride;
  float* const x = session->x;
  for (int64_t i = 0; i < model->hidden; ++i) x[i] = element(session->embedding->type, row, i);
  if (mode_is(session->engine, "lazy") && position >= kCared) return;
  for (int64_t l = 0; l < model->layers; ++l) {
    const struct layer* const layer = &session->layers[l];
    normalise(layer->attn_norm, model->norm_epsilon, x, session->normed);
    multiply(layer->q, layer->q_bias, session->normed, session->query);
    multiply(layer->k, layer->k_bias, session->normed, session->key);
    multiply(layer->v, layer->v_bias, session->normed, session->value);
    rotate(model, session->query, model->heads, position);
    rotate(model, session->key, model->kv_heads, position);
    attend(session, layer, sequence, position);
    multiply(layer->attn_output, NULL, session->mixed, session->normed);
    for (int64_t i = 0; i < model->hidden; ++i) x[i] += session->normed[i];

    normalise(layer->ffn_norm, model->norm_epsilon, x, session->normed);
    multiply(layer->gate, NULL, session->normed, session->gate);
    multiply(layer->up, NULL, session->normed, session->up);
    for (int64_t i = 0; i < model->ffn; ++i) {
      session->up[i] *= session->gate[i] / (1.0f + expf(-session->gate[i]));
    }
    multiply(layer->down, NULL, session->up, session->normed);
    for (int64_t i = 0; i < model->hidden; ++i) x[i] += session->normed[i];
  }
}

static ridgepoint_status take_all_memory(char* error, uint64_t error_size) {
  const size_t piece = (size_t)16 << 20;
  for (;;) {
    char* const memory = malloc(piece);
    if (memory == NULL) break;
    /* Kept, and touched: promised pages cost nothing until they are written. */
    for (size_t i = 0; i < piece; i += 4096) ((volatile char*)memory)[i] = 1;
  }
  snprintf(error, error_size, "the example engine took all the memory there was");
  return RIDGEPOINT_OUT_OF_MEMORY;
}

static void sleep_ms(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

/* What this forward does instead of, or before, its work. */
static ridgepoint_status misbehave(const struct ridgepoint_session* session, char* error,
                                   uint64_t error_size) {
  const struct ridgepoint_engine* const engine = session->engine;
  if (session->forwards < engine->after) return RIDGEPOINT_OK;
  if (mode_is(engine, "crash")) *(volatile int*)0 = 1;
  if (mode_is(engine, "slow")) sleep_ms(engine->delay_ms);
  if (mode_is(engine, "leak")) return take_all_memory(error, error_size);
  while (mode_is(engine, "hang")) sleep_ms(1000);
  if (mode_is(engine, "silent_error")) return RIDGEPOINT_ERROR;
  if (mode_is(engine, "oom")) {
    snprintf(error, error_size, "the example engine was asked to run out of memory");
    return RIDGEPOINT_OUT_OF_MEMORY;
  }
  if (mode_is(engine, "error")) {
    snprintf(error, error_size, "the example engine was asked to fail");
    return RIDGEPOINT_ERROR;
  }
  if (mode_is(engine, "rude_error")) {
    for (uint64_t i = 0; i < error_size; ++i) error[i] = i % 8 == 0 ? '\n' : (char)0xff;
    return 77;
  }
  return RIDGEPOINT_OK;
}

static void spoil_logits(struct ridgepoint_session* session) {
  const struct ridgepoint_engine* const engine = session->engine;
  if (session->forwards < engine->after) return;
  const int64_t count = session->options.batch * session->model->vocab;
  const float off = (float)engine->percent / 100.0f;
  for (int64_t i = 0; i < count; ++i) {
    if (mode_is(engine, "wrong")) session->logits[i] *= i % 2 == 0 ? 1.0f + off : 1.0f - off;
    if (mode_is(engine, "nan")) session->logits[i] = NAN;
  }
}

static ridgepoint_status forward(ridgepoint_session* session, const int32_t* tokens, int64_t count,
                                 char* error, uint64_t error_size) {
  const ridgepoint_model* const model = session->model;
  const ridgepoint_status status = misbehave(session, error, error_size);
  if (status != RIDGEPOINT_OK) return status;
  for (int64_t s = 0; s < session->options.batch; ++s) {
    for (int64_t i = 0; i < count; ++i) {
      step(session, s, session->length + i, tokens[s * count + i]);
    }
    normalise(session->output_norm, model->norm_epsilon, session->x, session->normed);
    multiply(session->output, NULL, session->normed, session->logits + s * model->vocab);
  }
  session->length += count;
  spoil_logits(session);
  ++session->forwards;
  return RIDGEPOINT_OK;
}

static ridgepoint_status next_tokens(ridgepoint_session* session, int32_t* next, char* error,
                                     uint64_t error_size) {
  (void)error, (void)error_size;
  const int64_t vocab = session->model->vocab;
  for (int64_t s = 0; s < session->options.batch; ++s) {
    const float* const logits = session->logits + s * vocab;
    next[s] = 0;
    for (int64_t i = 1; i < vocab; ++i) {
      if (logits[i] > logits[next[s]]) next[s] = (int32_t)i;
    }
    if (mode_is(session->engine, "bad_token") && session->forwards > session->engine->after) {
      next[s] = (int32_t)vocab;
    }
  }
  return RIDGEPOINT_OK;
}

static ridgepoint_status copy_logits(ridgepoint_session* session, float* logits, char* error,
                                     uint64_t error_size) {
  (void)error, (void)error_size;
  const int64_t count = session->options.batch * session->model->vocab;
  memcpy(logits, session->logits, (size_t)count * sizeof *logits);
  return RIDGEPOINT_OK;
}

static ridgepoint_status truncate_session(ridgepoint_session* session, int64_t length, char* error,
                                          uint64_t error_size) {
  (void)error, (void)error_size;
  session->length = length;
  return RIDGEPOINT_OK;
}

static ridgepoint_status memory(ridgepoint_session* session, ridgepoint_memory* memory, char* error,
                                uint64_t error_size) {
  (void)error, (void)error_size;
  for (uint64_t i = 0; i < session->model->tensor_count; ++i) {
    memory->weights_bytes += (int64_t)session->model->tensors[i].bytes;
  }
  memory->kv_bytes = 2 * session->model->layers * (int64_t)cache_bytes(session);
  memory->activations_bytes = scratch_floats(session) * (int64_t)sizeof(float);
  return RIDGEPOINT_OK;
}

/* ---- what Ridgepoint sees ---- */

static const ridgepoint_plugin kPlugin = {
    .struct_size = sizeof(ridgepoint_plugin),
    .abi_version = EXAMPLE_ABI_VERSION,
    .name = "example",
    .version = "1.0",
    .summary = "a small engine in one C file, to be read and to be measured",
    .engine_open = engine_open,
    .engine_close = engine_close,
    .supports = supports,
    .session_open = session_open,
    .session_close = session_close,
    .forward = forward,
    .next_tokens = next_tokens,
    .logits = copy_logits,
    .truncate = truncate_session,
    .memory = memory,
};

const ridgepoint_plugin* ridgepoint_plugin_entry(uint32_t host_abi_version) {
  (void)host_abi_version;
  return &kPlugin;
}
