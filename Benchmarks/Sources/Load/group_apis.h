#ifndef LOAD_GROUP_APIS_H
#define LOAD_GROUP_APIS_H

#include "asker.h"
#include "crowd.h"

/// Ends the program where the server lacks what members of this protocol ask for; returns when the
/// coordinators of all groups answer.
void await_groups(struct asker *asker, const struct crowd *crowd);

#endif
