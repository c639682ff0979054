// llama-bench's `-o sql`, and what `sqlite3 FILE .dump` makes of a database of it: CREATE TABLE and
// INSERT INTO one table named test. The statements are read as text and never executed: a database
// engine would take ten times as long over a million of them, and could be told to do other things.
#pragma once

#include <string_view>

#include "results/exchange/llama_bench_row.h"

namespace ridgepoint {

/// Error for any other statement that could matter, naming its line; transactions and pragmas are
/// passed over. `origin` names the file.
void read_llama_bench_sql(std::string_view text, std::string_view origin,
                          const LlamaBenchSink& sink);

}  // namespace ridgepoint
