// Where a run was begun: its cases may name models, plug-ins and texts relative to that folder, and
// whoever goes on with it or measures it again may stand elsewhere.
#pragma once

#include "results/record.h"

namespace ridgepoint {

/// Notes the working directory in the run's conditions.
void note_folder(Run& run);

/// Makes the folder that the run noted the working directory. Stays where the run noted none, as
/// older ones and imports do, and where it is gone, as on another machine.
void return_to_folder(const Run& run);

}  // namespace ridgepoint
