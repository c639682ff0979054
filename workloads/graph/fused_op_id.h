// Op ids of what a backend computes as one: the ids of its ops, with what they have in common said
// once: "layer.3.ffn.{gate,up,gated}". Whoever reads times by op id finds the work of a fused op
// through its members.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

/// One id stays as it is. std::logic_error for none.
std::string fused_op_id(std::span<const std::string> op_ids);
/// The ids that it was made of; an id that is not a fused one is its only member.
std::vector<std::string> members_of(std::string_view op_id);

}  // namespace ridgepoint
