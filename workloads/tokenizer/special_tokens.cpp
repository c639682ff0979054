#include "workloads/tokenizer/special_tokens.h"

#include <algorithm>

namespace ridgepoint {

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary) {
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const TokenKind kind = vocabulary.kinds[id];
    if (kind != TokenKind::control && kind != TokenKind::user_defined) continue;
    const std::string_view text = vocabulary.pieces[id];
    names_[static_cast<unsigned char>(text.front())].push_back(
        {text, static_cast<std::int32_t>(id), kind == TokenKind::control});
    any_user_defined_ = any_user_defined_ || kind == TokenKind::user_defined;
  }
  for (auto& names : names_) {
    std::ranges::stable_sort(names, std::ranges::greater(),
                             [](const Name& name) { return name.text.size(); });
  }
}

const SpecialTokens::Name* SpecialTokens::longest_at(std::string_view text, std::size_t place,
                                                     bool control) const {
  for (const Name& name : names_[static_cast<unsigned char>(text[place])]) {
    if ((control || !name.control) && text.substr(place).starts_with(name.text)) return &name;
  }
  return nullptr;
}

std::vector<TextFragment> SpecialTokens::split(std::string_view text, bool control) const {
  std::vector<TextFragment> fragments;
  std::size_t begun = 0;
  const auto end_text = [&](std::size_t place) {
    if (place > begun) fragments.push_back({-1, text.substr(begun, place - begun)});
  };
  const bool any = control || any_user_defined_;
  for (std::size_t place = 0; any && place < text.size();) {
    const Name* name = longest_at(text, place, control);
    if (name == nullptr) {
      ++place;
      continue;
    }
    end_text(place);
    fragments.push_back({name->id, text.substr(place, name->text.size())});
    place += name->text.size();
    begun = place;
  }
  end_text(text.size());
  return fragments;
}

}  // namespace ridgepoint
