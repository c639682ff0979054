#include "harness/run/stored_answers.h"

#include <string>

namespace ridgepoint {

AnswerStore answers_in(Store& store) {
  return {
      .find = [&store](const std::string& key) { return store.find_answer(key).value_or(""); },
      .put = [&store](const std::string& key,
                      const std::string& value) { store.put_answer(key, value); },
  };
}

}  // namespace ridgepoint
