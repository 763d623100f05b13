/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <string.h>

#include "core/address_kind.h"
#include "core/verdict.h"
#include "lib/check_internal.h"

/* The public words are core's. */
static_assert((int)MIDAIR_MAPPING_NOT_PORT_DEPENDENT == (int)REPORT_MAPPING_NOT_PORT_DEPENDENT,
	      "mapping");
static_assert((int)MIDAIR_MAPPING_ADDRESS_AND_PORT_DEPENDENT ==
		      (int)REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
	      "mapping");
static_assert((int)MIDAIR_ALLOCATION_RANDOM == (int)REPORT_ALLOCATION_RANDOM, "allocation");
static_assert((int)MIDAIR_FILTERING_NOT_ENDPOINT_INDEPENDENT ==
		      (int)REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT,
	      "filtering");
static_assert((int)MIDAIR_REACTION_UNREACHABLE == (int)REPORT_REACTION_UNREACHABLE, "reaction");
static_assert((int)MIDAIR_NO == (int)REPORT_NO && (int)MIDAIR_YES == (int)REPORT_YES, "answer");
static_assert((int)MIDAIR_WAY_NONE == (int)PLAN_NONE &&
		      (int)MIDAIR_WAY_PREDICT == (int)PLAN_PREDICT,
	      "way");

/* As a pairing plans, which has the gateway open a port. */
static void read_reaches(struct midair_nat *nat, const struct nat_report *report,
			 enum mapping_state port)
{
	struct nat_report with_port = *report;
	struct verdict alone;
	struct verdict verdict;

	mapping_report(&with_port, port);
	while (nat->n_reaches < MIDAIR_REACHES_MAX &&
	       verdict_read(&with_port, (uint32_t)nat->n_reaches, &verdict) &&
	       verdict_read(report, (uint32_t)nat->n_reaches, &alone))
		nat->reaches[nat->n_reaches++] = (struct midair_reach){
			.name = verdict.name,
			.peer = verdict.peer,
			.way = (enum midair_way)verdict.method,
			.way_without_port = (enum midair_way)alone.method,
			.reason = plan_reason_name(verdict.reason),
			.text = plan_reason_text(verdict.reason),
			.is_sure = verdict.is_sure,
		};
}

static void read_report(struct midair_nat *nat, const struct nat_report *report)
{
	nat->local = report->local;
	nat->mapped = report->mapped;
	nat->type = verdict_type(report);
	nat->mapping = (enum midair_mapping)report->mapping;
	nat->allocation = (enum midair_allocation)report->allocation;
	nat->delta = report->delta;
	nat->last_port = report->last_port;
	nat->filtering = (enum midair_filtering)report->filtering;
	nat->reaction = (enum midair_reaction)report->reaction;
	nat->syn_in = (enum midair_answer)report->syn_in;
	nat->reset_closes = (enum midair_answer)report->reset_closes;
	nat->hairpin = (enum midair_answer)report->hairpin;
	nat->n_layers = report->n_layers == UINT8_MAX ? -1 : report->n_layers;
}

static void read_nat(struct midair_nat *nat, const struct check_family *family)
{
	const struct check *check = &family->check;
	struct nat_report report;

	*nat = (struct midair_nat){.result = MIDAIR_E_NO_PATH, .n_layers = -1};
	if (!family->is_asked)
		return;
	nat->server = check->config.server;
	nat->is_server_public = address_kind(&nat->server) == ADDRESS_PUBLIC;
	nat->can_probe = check->has_probes && check->probes.second_port != 0;
	nat->has_alternative = check->asked[WIRE_PROBE_ALTERNATIVE].state != CHECK_UNUSED;
	nat->result = check_report(check, &report);
	if (nat->result == 0) {
		read_report(nat, &report);
		read_reaches(nat, &report, check_gateway_state(family, &report));
	}
	check_gateway_read(nat, family);
}

void midair_check_read(const struct midair_check *check, struct midair_check_report *report)
{
	uint64_t end_ms = check->end_ms != 0 ? check->end_ms : check_now_ms();

	*report = (struct midair_check_report){
		.elapsed_ms = (uint32_t)(end_ms - check->begin_ms),
		.host = check->host,
	};
	for (int f = 0; f < 2; f++)
		read_nat(&report->nats[f], &check->families[f]);
}
