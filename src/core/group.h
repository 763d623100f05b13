/* SPDX-License-Identifier: MIT */
/* group: counts neighbouring rows of one local endpoint as one. */
#ifndef MIDAIR_CORE_GROUP_H
#define MIDAIR_CORE_GROUP_H

#include "midair/midair.h"

/* Adds the row when it belongs to the group (an empty group, n_rows 0, takes any). Returns
 * whether it did. */
bool group_add(struct midair_group *group, const struct midair_row *row);

#endif
