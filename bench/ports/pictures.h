/* SPDX-License-Identifier: MIT */
/* pictures: the plots of docs/ports.md. */
#ifndef MIDAIR_BENCH_PORTS_PICTURES_H
#define MIDAIR_BENCH_PORTS_PICTURES_H

#include "bench/ports/measured.h"

/* Writes bind.svg and the others into folder. Returns 0 or -errno. */
int pictures_write(const char *folder, const struct measured *measured);

#endif
