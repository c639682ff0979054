// config.json and model.safetensors.index.json, as Hugging Face transformers writes them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "workloads/models/model_config.h"

namespace ridgepoint {

/// What a config.json describes; its name is left empty. Both spellings of the rotary settings are
/// read: rope_theta with rope_scaling, and the newer rope_parameters. Error ("ORIGIN: byte OFFSET:
/// ...") for text that is not JSON, an unknown model_type, a missing or impossible number, and
/// settings that would compute something else than what is supported.
ModelConfig parse_hugging_face_config(std::string_view text, std::string_view origin);

/// Tensor name to file name. Error when it is no index, or names a file outside its directory.
std::map<std::string, std::string, std::less<>> parse_shard_index(std::string_view text,
                                                                  std::string_view origin);

}  // namespace ridgepoint
