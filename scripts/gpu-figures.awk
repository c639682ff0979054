# From the runs of gpu-check.sh, exported as CSV one after the other, the figures that issue and docs/gpu.md ask for:
# what was asked, what was reached, and whether that is enough, as the lines of a JSON array. What cannot be computed
# is null with the reason. Both sides of every share come from the same session.
#   awk -f gpu-figures.awk -v counted="1.01 0.99" -v torch_decode=T -v torch_prefill=T -v torch_why=... RUNS.csv

# Fields of a line of CSV into `f`; quotes may hold commas, and two of them are one.
function split_line(line, f,    n, at, c, quoted, field) {
  n = 1; field = ""; quoted = 0
  for (at = 1; at <= length(line); ++at) {
    c = substr(line, at, 1)
    if (quoted) {
      if (c != "\"") field = field c
      else if (substr(line, at + 1, 1) == "\"") { field = field c; ++at }
      else quoted = 0
    } else if (c == "\"") quoted = 1
    else if (c == ",") { f[n++] = field; field = "" }
    else field = field c
  }
  f[n] = field
  return n
}

function cell(name) { return name in column ? f[column[name]] : "" }

# The largest value of a column among ok records of a label (and, if given, of a name that matches).
function keep(key, value) { if (value != "" && (!(key in best) || value + 0 > best[key] + 0)) best[key] = value }

{
  delete f
  n = split_line($0, f)
  if (f[1] == "run_id") {
    delete column
    for (i = 1; i <= n; ++i) column[f[i]] = i
    next
  }
  label = cell("run_label"); name = cell("name"); outcome[label] = cell("outcome")
  if (cell("outcome") != "ok") { why[label] = cell("outcome") ": " cell("reason"); next }
  for (c in column) keep(label SUBSEP c, cell(c))
  if (label == "ceilings") {
    if (name ~ /^load/ && name ~ /outermost/) keep("hbm", cell("bytes_per_second"))
    if (name ~ /cuBLASLt bf16/) keep("lt_bf16", cell("flops_per_second"))
  }
  if (label ~ /^prefill products, 8B/ && cell("flops_per_second") + 0 > 0)
    seconds[cell("in") "x" cell("out")] = 2 * cell("rows") * cell("in") * cell("out") / cell("flops_per_second")
}

function escaped(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return text }

# `sense` is "at least" or "at most"; a reached of "" is not known, for `reason`.
function figure(what, sense, asked, reached, reason,    pass) {
  if (lines++) printf ",\n"
  printf "{\"figure\": \"%s\", \"asked\": \"%s %s\", ", what, sense, asked
  if (reached == "") {
    printf "\"reached\": null, \"pass\": null, \"why\": \"%s\"}", escaped(reason)
    return
  }
  reached += 0; asked += 0
  pass = sense == "at least" ? reached >= asked : reached <= asked
  printf "\"reached\": %.4g, \"pass\": %s}", reached, pass ? "true" : "false"
}

function reason_of(label) { return label in why ? why[label] : label in outcome ? "no such figure in it" : "not run: " label }

# A run's figure over a ceiling.
function share(what, asked, label, metric, roof,    value, top) {
  value = best[label SUBSEP metric]; top = best[roof]
  if (value == "" || value + 0 == 0) figure(what, "at least", asked, "", reason_of(label))
  else if (top == "" || top + 0 == 0) figure(what, "at least", asked, "", "no ceiling: " reason_of("ceilings"))
  else figure(what, "at least", asked, value / top, "")
}

function against_torch(what, asked, metric, other,    value) {
  value = best["decode, 8B, bf16" SUBSEP metric]
  if (other == "") figure(what, "at least", asked, "", torch_why == "" ? "not run" : torch_why)
  else if (value == "" || value + 0 == 0) figure(what, "at least", asked, "", reason_of("decode, 8B, bf16"))
  else figure(what, "at least", asked, value / other, "")
}

END {
  share("decode, 8B, bf16: share of measured HBM bandwidth", 0.85, "decode, 8B, bf16", "decode_bytes_per_second", "hbm")
  share("decode, 8B, q8_0: share of measured HBM bandwidth", 0.85, "decode, 8B, q8_0", "decode_bytes_per_second", "hbm")
  share("decode, 8B, q4_0: share of measured HBM bandwidth", 0.7, "decode, 8B, q4_0", "decode_bytes_per_second", "hbm")
  share("decode, 8B, w4a16: share of measured HBM bandwidth", 0.7, "decode, 8B, w4a16", "decode_bytes_per_second", "hbm")
  share("prefill 2048, 8B, bf16: share of the best cuBLASLt rate, whole model", 0.85, "decode, 8B, bf16",
        "prefill_flops_per_second", "lt_bf16")
  # Of a layer: queries and output, keys and values, gate and up, down.
  split("4096x4096 4096x1024 4096x14336 14336x4096", shapes, " "); split("2 2 2 1", times, " ")
  flops = 0; taken = 0; missing = ""
  for (i = 1; i <= 4; ++i) {
    split(shapes[i], sides, "x")
    if (!(shapes[i] in seconds)) missing = missing " " shapes[i]
    flops += times[i] * 2 * 2048 * sides[1] * sides[2]; taken += times[i] * seconds[shapes[i]]
  }
  what = "prefill 2048, 8B, bf16: share of the best cuBLASLt rate, products alone"
  if (missing != "") figure(what, "at least", 0.95, "", "not run:" missing)
  else if (best["lt_bf16"] == "") figure(what, "at least", 0.95, "", "no ceiling: " reason_of("ceilings"))
  else figure(what, "at least", 0.95, flops / taken / best["lt_bf16"], "")
  share("decode attention at depth 32k: share of measured HBM bandwidth", 0.8, "decode attention, depth 32k",
        "bytes_per_second", "hbm")
  against_torch("decode against PyTorch", 1.1, "decode_tokens_per_second", torch_decode)
  against_torch("prefill against PyTorch", 1, "prefill_tokens_per_second", torch_prefill)
  traced = best["profile, 1B, bf16, recording on" SUBSEP "trace_overhead"]
  figure("CUPTI timeline, traced over untraced", "at most", 1.05, traced,
         reason_of("profile, 1B, bf16, recording on"))
  furthest = ""
  m = split(counted, ratios, " ")
  for (i = 1; i <= m; ++i) {
    off = ratios[i] > 1 ? ratios[i] - 1 : 1 - ratios[i]
    if (furthest == "" || off > furthest) furthest = off
  }
  figure("decode products, counted over analytic DRAM bytes, off by", "at most", 0.05, furthest, "nothing was counted")
  printf "\n"
}
