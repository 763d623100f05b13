/* SPDX-License-Identifier: MIT */
#include "bench/ports/figures.h"

#define US 1e3 /* in ns */

const struct figure figures[] = {
	{"the pin, 20,000 sharers", "SO_REUSEADDR", RULE_CHEAPER, UNIT_TIME, BIND_PIN,
	 BIND_ADDRESS, 20000, 20000, 500},
	{"the pin, 50,000 sharers", "SO_REUSEADDR", RULE_CHEAPER, UNIT_TIME, BIND_PIN,
	 BIND_ADDRESS, 50000, 50000, 10000},
	{"SO_REUSEPORT and bind, 20,000 sharers", "SO_REUSEADDR", RULE_CHEAPER, UNIT_TIME,
	 BIND_PORT, BIND_ADDRESS, 20000, 20000, 500},
	{"SO_REUSEPORT and bind, 50,000 sharers", "SO_REUSEADDR", RULE_CHEAPER, UNIT_TIME,
	 BIND_PORT, BIND_ADDRESS, 50000, 50000, 10000},
	{"dial from one port with 400,000 connections", "with 1,000", RULE_GROWTH, UNIT_TIME,
	 CROWD, CROWD, 400000, 1000, 2},
	{"filling a pool: last decile / first", "kernel's choice", RULE_LIMIT, UNIT_TIMES,
	 CLIFF_POOL, CLIFF_KERNEL, 0, 0, 1.2},
	{"close and open, 95 % full", "kernel's choice", RULE_CHEAPER, UNIT_TIME, CHURN_POOL,
	 CHURN_KERNEL, 95, 95, 12},
	{"close and open, 99.9 % full", "kernel's choice", RULE_CHEAPER, UNIT_TIME, CHURN_POOL,
	 CHURN_KERNEL, 99.9, 99.9, 25},
	{"of it the opening, 99.9 % full", "kernel's choice", RULE_CHEAPER, UNIT_TIME,
	 OPEN_POOL, OPEN_KERNEL, 99.9, 99.9, 0},
	{"refusal, full", "kernel's choice", RULE_CHEAPER, UNIT_TIME, REFUSAL_POOL,
	 REFUSAL_KERNEL, 100, 100, 500},
	{"one after the other, TIME_WAIT, tcp_tw_reuse=0", "kernel's choice", RULE_FASTER,
	 UNIT_RATE, TIME_WAIT_POOL, TIME_WAIT_KERNEL, 0, 0, 30},
	{"table with pids, 400,000 rows, BPF", "ss -tanp", RULE_CHEAPER, UNIT_TIME, TABLE_BPF,
	 TABLE_SS, 400000, 400000, 20},
	{"the same", "netstat -tanp", RULE_CHEAPER, UNIT_TIME, TABLE_BPF, TABLE_NETSTAT, 400000,
	 400000, 10},
	{"table with pids, 400,000 rows, no BPF", "ss -tanp", RULE_CHEAPER, UNIT_TIME,
	 TABLE_DIAG, TABLE_SS, 400000, 400000, 10},
	{"the same", "netstat -tanp", RULE_CHEAPER, UNIT_TIME, TABLE_DIAG, TABLE_NETSTAT,
	 400000, 400000, 5},
	{"table, growth past linear, BPF", "10,000 rows", RULE_LINEAR, UNIT_TIME, TABLE_BPF,
	 TABLE_BPF, 400000, 10000, 1.3},
	{"table, growth past linear, no BPF", "10,000 rows", RULE_LINEAR, UNIT_TIME, TABLE_DIAG,
	 TABLE_DIAG, 400000, 10000, 1.3},
	{"why, of a known tuple", "with its process", RULE_LIMIT, UNIT_TIME, WHY, WHY_PROCESS,
	 0, 0, 50 * US},
	{"guard against self-connection", "", RULE_LIMIT, UNIT_TIME, GUARD, GUARD, 0, 0,
	 1 * US},
	{"memory of a pooled tuple", "", RULE_LIMIT, UNIT_BYTES, MEMORY, MEMORY, 0, 0, 16},
};
const uint32_t n_figures = sizeof(figures) / sizeof(figures[0]);

static double ratio_of(const struct figure *figure, double ours, double peer)
{
	switch (figure->rule) {
	case RULE_CHEAPER:
	case RULE_LIMIT:
		return peer / ours;
	case RULE_FASTER:
	case RULE_GROWTH:
		return ours / peer;
	case RULE_LINEAR:
		return ours / peer / (figure->x / figure->peer_x);
	}
	return 0;
}

static bool is_reached(const struct figure *figure, const struct verdict *verdict)
{
	if (verdict->n_failures > 0)
		return false;
	switch (figure->rule) {
	case RULE_CHEAPER:
	case RULE_FASTER:
		return verdict->has_ratio && verdict->ratio >= figure->goal;
	case RULE_GROWTH:
	case RULE_LINEAR:
		return verdict->has_ratio && verdict->ratio <= figure->goal;
	case RULE_LIMIT:
		return verdict->ours <= figure->goal;
	}
	return false;
}

void figure_judge(struct verdict *verdict, const struct measured *measured,
		  const struct figure *figure)
{
	*verdict = (struct verdict){
		.n_failures = measured->series[figure->ours].n_failures +
			      measured_is_cut(measured, figure->ours, figure->x),
		.is_peer_cut = measured_is_cut(measured, figure->peer, figure->peer_x),
	};
	bool has_ours = measured_at(measured, figure->ours, figure->x, &verdict->ours);
	verdict->has_peer = figure->peer_title[0] != '\0' &&
			    measured_at(measured, figure->peer, figure->peer_x, &verdict->peer);
	verdict->has_ratio = has_ours && verdict->has_peer && verdict->ours > 0;
	verdict->is_measured = has_ours && (figure->rule == RULE_LIMIT || verdict->has_ratio);
	if (verdict->has_ratio)
		verdict->ratio = ratio_of(figure, verdict->ours, verdict->peer);
	verdict->is_reached = verdict->is_measured && is_reached(figure, verdict);
}
