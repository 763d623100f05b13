/* SPDX-License-Identifier: MIT */
#include "cli/check_print.h"
#include "cli/check_verdict.h"
#include "cli/json.h"

static const char *const family_keys[] = {"ipv4", "ipv6"};

static void add_host(struct json *json, const struct midair_host *host)
{
	json_open(json, "host");
	json_string(json, "simultaneous_open", midair_answer_name(host->simultaneous_open));
	json_string(json, "self_result", midair_result_name(host->self_result));
	json_string(json, "syn_interval", midair_answer_name(host->syn_interval));
	json_string(json, "pin", midair_answer_name(host->pin));
	json_integer(json, "syn_retries", host->syn_retries);
	json_integer(json, "first_port", host->first_port);
	json_integer(json, "last_port", host->last_port);
	if (host->clock_result == 0) {
		json_boolean(json, "clock_synchronised", host->clock.synchronised);
		json_milliseconds(json, "clock_error_ms", host->clock.maximum_error_us * 1000);
	}
	json_close(json);
}

static void add_reaches(struct json *json, const struct midair_nat *nat)
{
	json_open(json, "reach");
	for (size_t i = 0; i < nat->n_reaches; i++)
		json_string(json, nat->reaches[i].name, midair_way_name(nat->reaches[i].way));
	json_close(json);
	json_open(json, "without_port");
	for (size_t i = 0; i < nat->n_reaches; i++)
		if (check_needs_port(&nat->reaches[i]))
			json_string(json, nat->reaches[i].name,
				    midair_way_name(nat->reaches[i].way_without_port));
	json_close(json);
	json_open_list(json, "unsure");
	for (size_t i = 0; i < nat->n_reaches; i++)
		if (!nat->reaches[i].is_sure)
			json_item_string(json, nat->reaches[i].name);
	json_close_list(json);
	json_open(json, "no_way");
	for (size_t i = 0; i < nat->n_reaches; i++)
		if (nat->reaches[i].way == MIDAIR_WAY_NONE)
			json_string(json, nat->reaches[i].name, nat->reaches[i].reason);
	json_close(json);
}

static void add_gateway(struct json *json, const struct midair_nat *nat)
{
	if (nat->n_layers < 0)
		json_null(json, "layers");
	else
		json_integer(json, "layers", nat->n_layers);
	json_endpoint(json, "gateway", &nat->gateway);
	json_string(json, "pcp", midair_answer_name(nat->pcp));
	json_string(json, "nat_pmp", midair_answer_name(nat->nat_pmp));
	json_string(json, "upnp", midair_answer_name(nat->upnp));
}

static void add_behavior(struct json *json, const struct midair_nat *nat)
{
	char verdict[CHECK_VERDICT_SIZE];

	json_endpoint(json, "local", &nat->local);
	json_endpoint(json, "mapped", &nat->mapped);
	json_boolean(json, "server_is_public", nat->is_server_public);
	json_boolean(json, "can_probe", nat->can_probe);
	json_boolean(json, "has_alternative", nat->has_alternative);
	json_string(json, "type", midair_nat_type_name(nat->type));
	json_string(json, "mapping", midair_mapping_name(nat->mapping));
	json_string(json, "allocation", midair_allocation_name(nat->allocation));
	if (nat->allocation == MIDAIR_ALLOCATION_SEQUENTIAL) {
		json_integer(json, "delta", nat->delta);
		json_integer(json, "last_port", nat->last_port);
	}
	json_string(json, "filtering", midair_filtering_name(nat->filtering));
	json_string(json, "reaction", midair_reaction_name(nat->reaction));
	json_string(json, "syn_in", midair_answer_name(nat->syn_in));
	json_string(json, "reset_closes", midair_answer_name(nat->reset_closes));
	json_string(json, "hairpin", midair_answer_name(nat->hairpin));
	add_gateway(json, nat);
	json_string(json, "verdict", check_verdict(nat, verdict));
	add_reaches(json, nat);
}

static void add_nat(struct json *json, const struct midair_nat *nat, const char *key)
{
	json_open(json, key);
	json_string(json, "result", midair_result_name(nat->result));
	json_endpoint(json, "server", &nat->server);
	if (nat->result == 0)
		add_behavior(json, nat);
	json_close(json);
}

void check_print_json(FILE *to, const struct midair_check_report *report)
{
	struct json json;

	json_begin(&json, to);
	json_integer(&json, "elapsed_ms", report->elapsed_ms);
	add_host(&json, &report->host);
	for (int i = 0; i < 2; i++)
		add_nat(&json, &report->nats[i], family_keys[i]);
	json_end(&json);
}
