/* SPDX-License-Identifier: MIT */
/* ports_print: how full the ports are, in three forms, on standard output. */
#ifndef MIDAIR_CLI_PORTS_PRINT_H
#define MIDAIR_CLI_PORTS_PRINT_H

#include <stdint.h>

#include "midair/midair.h"

/* Each shows at most n_rows rows. */
void ports_print_text(struct midair_ports *ports, uint32_t n_rows);
/* One object for the whole, then one for each row. */
void ports_print_json(struct midair_ports *ports, uint32_t n_rows);
/* Prometheus' text format, version 0.0.4. */
void ports_print_metrics(struct midair_ports *ports, uint32_t n_rows);

#endif
