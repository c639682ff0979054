/* The C interface between Ridgepoint and an inference engine that it did not come with.
 *
 * An engine is a shared library that exports one function, ridgepoint_plugin_entry, which returns a
 * table of functions. Ridgepoint loads it with
 *
 *     ridgepoint run --model m.gguf --backend ./libmine.so:key=value,key=value
 *
 * and then measures sessions: a model with its KV cache, which is fed tokens and says which come
 * next. This header is all that an engine includes; it is C99 and C++, and needs no library.
 *
 * VERSIONS. RIDGEPOINT_PLUGIN_ABI_VERSION changes when an engine would have to be recompiled.
 * Tables and structures start with their size in bytes, as the side that fills them knows it, so
 * that within one version new members can be added at the end: a reader that finds a smaller size
 * than it knows takes the members beyond it for absent. Elements of arrays (ridgepoint_tensor,
 * ridgepoint_option) never grow within a version.
 *
 * CALLS. Every function that can fail returns a ridgepoint_status and takes a buffer for the
 * reason, `error` of `error_size` bytes (at least 256): on a status other than RIDGEPOINT_OK write
 * one line, ended by a zero byte, that says what is wrong; longer text is yours to cut. No C++
 * exception and no longjmp may leave a function of the table. Handles that a call is to return are
 * NULL beforehand.
 *
 * THREADS. Calls on one session come from one thread at a time, but not always the same one. Calls
 * on one engine (open, close, supports, session_open) never overlap. Calls on different sessions
 * may. The engine starts as many threads for its own work as the session's options say.
 *
 * LIFETIME. Everything that the host passes by pointer belongs to the host. The model (with its
 * names, dims, data, inverse frequencies) stays valid and unchanged from session_open until
 * session_close has returned, and during supports; everything else only during the call. What the
 * table and its strings point to must stay valid for good: the library is never unloaded once its
 * table was accepted. Handles belong to the library; each one it returned is closed exactly once,
 * all sessions before their engine.
 *
 * TIME. The host measures forward and next_tokens (which follows every forward). It never measures
 * session_open, truncate, logits, memory or close, though loading is reported on its own.
 */
#ifndef RIDGEPOINT_PLUGIN_H
#define RIDGEPOINT_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RIDGEPOINT_PLUGIN_ABI_VERSION 1u

#if defined(__GNUC__)
#define RIDGEPOINT_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define RIDGEPOINT_PLUGIN_EXPORT
#endif

/* How a call ended. Any other number counts as RIDGEPOINT_ERROR. */
typedef int32_t ridgepoint_status;
enum {
  RIDGEPOINT_OK = 0,
  RIDGEPOINT_ERROR = 1,        /* the reason is in the error buffer */
  RIDGEPOINT_UNSUPPORTED = 2,  /* cannot be run by this engine at all; from supports: no */
  RIDGEPOINT_OUT_OF_MEMORY = 3 /* goes on record as out of memory, not as a failure */
};

/* Element types: the numbers that GGUF files use (ggml_type), with the block layouts of ggml. */
enum {
  RIDGEPOINT_TYPE_F32 = 0,
  RIDGEPOINT_TYPE_F16 = 1,
  RIDGEPOINT_TYPE_Q4_0 = 2, /* 32 elements: f16 scale, 16 bytes of nibbles (low ones first) */
  RIDGEPOINT_TYPE_Q8_0 = 8, /* 32 elements: f16 scale, 32 signed bytes */
  RIDGEPOINT_TYPE_I32 = 26,
  RIDGEPOINT_TYPE_BF16 = 30
};

/* Which elements of a head one rotary angle turns. */
enum {
  RIDGEPOINT_ROPE_ADJACENT = 0, /* x[2i] with x[2i+1]: GGUF's llama architecture */
  RIDGEPOINT_ROPE_HALVES = 1    /* x[i] with x[i + head_dim/2]: Hugging Face, GGUF's qwen2 */
};

/* One option of "--backend ./libmine.so:key=value". */
typedef struct ridgepoint_option {
  const char* key;
  const char* value;
} ridgepoint_option;

/* A weight. Names are GGUF's ("token_embd.weight", "blk.0.attn_q.weight"), whatever the file was.
 * Dimensions are row-major, outermost first (GGUF stores them the other way round); a matrix is
 * [out, in], and quantisation blocks run along the last dimension. */
typedef struct ridgepoint_tensor {
  const char* name;
  uint32_t type; /* RIDGEPOINT_TYPE_... */
  uint32_t rank; /* number of dims */
  const int64_t* dims;
  const void* data; /* often mapped from a file: the first touch may read from disk; alignment is
                       what the file gives, so copy with memcpy or check */
  uint64_t bytes;
} ridgepoint_tensor;

/* A model, offered twice: as the path it came from, for engines with a loader of their own, and as
 * hyperparameters and tensors in memory. */
typedef struct ridgepoint_model {
  uint64_t struct_size;
  const char* path; /* GGUF file or Hugging Face directory; "" when the weights are synthetic and
                       exist in memory only */
  const char* name;
  const char* architecture; /* "llama", "qwen2", "gpt2", ...: GGUF's general.architecture */
  int64_t layers;
  int64_t hidden;   /* d_model */
  int64_t heads;    /* query heads */
  int64_t kv_heads; /* key and value heads; heads is a multiple */
  int64_t head_dim;
  int64_t ffn; /* width of the feed-forward part */
  int64_t vocab;
  int64_t context; /* tokens that it was made for */
  int64_t experts; /* 0: dense */
  int64_t experts_used;
  int64_t sliding_window; /* tokens; 0: none */
  double norm_epsilon;
  double rope_theta;
  /* Angle of pair i at position p is p * rope_inverse_frequencies[i]; frequency scaling (Llama 3)
   * is in them already. Count is head_dim / 2, or 0 when positions are learned. */
  const double* rope_inverse_frequencies;
  uint64_t rope_inverse_frequency_count;
  int32_t rope_pairing;    /* RIDGEPOINT_ROPE_... */
  int32_t tied_embeddings; /* 1: no "output.weight"; logits come from "token_embd.weight" */
  int32_t qkv_bias;        /* 1: "blk.N.attn_{q,k,v}.bias" exist */
  int32_t synthetic;       /* 1: random weights; quality means nothing */
  const ridgepoint_tensor* tensors; /* in the order of their names */
  uint64_t tensor_count;
} ridgepoint_model;

typedef struct ridgepoint_session_options {
  uint64_t struct_size;
  int64_t batch;        /* sequences, each fed as many tokens as the others */
  int64_t capacity;     /* most tokens that one sequence will hold */
  int64_t prefill_rows; /* work through a longer forward in pieces of at most this many rows
                           (batch * tokens), to bound activation memory; a request, not a duty */
  uint32_t kv_type;     /* RIDGEPOINT_TYPE_F32, _F16 or _BF16: what the KV cache is to be stored in;
                           say no in supports rather than store another */
  int32_t threads;
} ridgepoint_session_options;

/* Memory by class, in bytes. Weights that are used where the host mapped them count as weights. */
typedef struct ridgepoint_memory {
  uint64_t struct_size;
  int64_t weights_bytes;
  int64_t kv_bytes;
  int64_t activations_bytes;
  int64_t scratch_bytes; /* everything else: repacked weights, workspaces */
} ridgepoint_memory;

/* The library's own: what the handles point to is nobody else's business. */
typedef struct ridgepoint_engine ridgepoint_engine;
typedef struct ridgepoint_session ridgepoint_session;

/* What an engine is. Members marked OPTIONAL may be NULL. */
typedef struct ridgepoint_plugin {
  uint64_t struct_size; /* sizeof(ridgepoint_plugin) */
  uint32_t abi_version; /* RIDGEPOINT_PLUGIN_ABI_VERSION; this member never moves */
  uint32_t reserved;    /* 0 */

  const char* name;    /* of the engine */
  const char* version; /* of the engine, as it should stand in a record */
  const char* summary; /* OPTIONAL. One line for people */

  /* OPTIONAL. Takes the options of the command line; an unknown key or a bad value is an error that
   * names it. Without this function giving options is an error, and the handle is NULL everywhere.
   */
  ridgepoint_status (*engine_open)(const ridgepoint_option* options, uint64_t option_count,
                                   ridgepoint_engine** engine, char* error, uint64_t error_size);
  /* OPTIONAL. */
  void (*engine_close)(ridgepoint_engine* engine);

  /* OPTIONAL; absent means yes to everything. RIDGEPOINT_OK: yes. RIDGEPOINT_UNSUPPORTED: no, and
   * the error buffer says why; that reason goes on record. Must be quick and leave weights alone.
   */
  ridgepoint_status (*supports)(ridgepoint_engine* engine, const ridgepoint_model* model,
                                const ridgepoint_session_options* options, char* error,
                                uint64_t error_size);

  /* Makes everything ready: weights loaded or repacked, buffers allocated and touched. */
  ridgepoint_status (*session_open)(ridgepoint_engine* engine, const ridgepoint_model* model,
                                    const ridgepoint_session_options* options,
                                    ridgepoint_session** session, char* error, uint64_t error_size);
  void (*session_close)(ridgepoint_session* session);

  /* Appends `count` tokens to each sequence: tokens[sequence * count + i], each within the
   * vocabulary, never more than the capacity. Returns when the result is there, not when the work
   * has been queued. */
  ridgepoint_status (*forward)(ridgepoint_session* session, const int32_t* tokens, int64_t count,
                               char* error, uint64_t error_size);
  /* OPTIONAL; absent means that the host fetches the logits and chooses, on the clock. Writes the
   * greedy choice after the last forward, the lowest index among equals: next[batch]. */
  ridgepoint_status (*next_tokens)(ridgepoint_session* session, int32_t* next, char* error,
                                   uint64_t error_size);
  /* Writes the logits of the last position: logits[batch * vocab], sequence-major. */
  ridgepoint_status (*logits)(ridgepoint_session* session, float* logits, char* error,
                              uint64_t error_size);
  /* Forgets everything after the first `length` tokens of each sequence; length is between 0 and
   * what the sequences hold. After it next_tokens and logits are not asked for until a forward. */
  ridgepoint_status (*truncate)(ridgepoint_session* session, int64_t length, char* error,
                                uint64_t error_size);
  /* OPTIONAL; absent means that nothing is known. `memory` comes zeroed, with struct_size set. */
  ridgepoint_status (*memory)(ridgepoint_session* session, ridgepoint_memory* memory, char* error,
                              uint64_t error_size);
} ridgepoint_plugin;

/* What the library exports. Return the table whatever `host_abi_version` is: the host compares
 * versions and says which two do not fit. NULL refuses the host without a reason. Called once,
 * before anything else, and must not do real work. */
typedef const ridgepoint_plugin* (*ridgepoint_plugin_entry_function)(uint32_t host_abi_version);
RIDGEPOINT_PLUGIN_EXPORT const ridgepoint_plugin* ridgepoint_plugin_entry(
    uint32_t host_abi_version);
#define RIDGEPOINT_PLUGIN_ENTRY_NAME "ridgepoint_plugin_entry"

#ifdef __cplusplus
}
#endif

#endif /* RIDGEPOINT_PLUGIN_H */
