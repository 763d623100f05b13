/* SPDX-License-Identifier: MIT */
#include "cli/check_print.h"

#include <inttypes.h>
#include <string.h>

#include "cli/check_verdict.h"
#include "cli/quote.h"

static const char *const family_names[] = {"IPv4", "IPv6"};

static void line(FILE *to, const char *what, const char *text)
{
	fprintf(to, "      %-22s%s\n", what, text);
}

static const char *answer_of(enum midair_answer answer, const char *yes, const char *no)
{
	switch (answer) {
	case MIDAIR_YES:
		return yes;
	case MIDAIR_NO:
		return no;
	case MIDAIR_UNKNOWN:
		break;
	}
	return "not known";
}

static void print_clock(FILE *to, const struct midair_host *host)
{
	if (host->clock_result != 0)
		fprintf(to, "      %-22s%s\n", "Clock", midair_strerror(host->clock_result));
	else
		fprintf(to, "      %-22s%s, maximum error %.1f ms\n", "Clock",
			host->clock.synchronised ? "synchronised" : "nobody sets it",
			(double)host->clock.maximum_error_us / 1000);
}

static void print_host(FILE *to, const struct midair_host *host)
{
	fputs("  * This host\n", to);
	if (host->simultaneous_open == MIDAIR_UNKNOWN)
		fprintf(to, "      %-22snot known: %s\n", "Simultaneous open",
			midair_strerror(host->self_result));
	else
		line(to, "Simultaneous open",
		     answer_of(host->simultaneous_open, "yes: a socket was connected to itself",
			       "no: this kernel answers a SYN to a waiting SYN with RST"));
	line(to, "SYN timer",
	     answer_of(host->syn_interval, "every 2 s at the longest (TCP_RTO_MAX_MS)",
		       "doubles: this kernel has no TCP_RTO_MAX_MS (Linux 6.15)"));
	if (host->syn_retries >= 0)
		fprintf(to, "      %-22s%d (net.ipv4.tcp_syn_retries)\n", "SYN retries",
			host->syn_retries);
	else
		line(to, "SYN retries", "not known");
	line(to, "Shared ports",
	     answer_of(host->pin, "without bind (IP_LOCAL_PORT_RANGE)",
		       "by bind: this kernel has no IP_LOCAL_PORT_RANGE (Linux 6.3)"));
	if (host->first_port != 0)
		fprintf(to, "      %-22s%u to %u\n", "Automatic ports", host->first_port,
			host->last_port);
	print_clock(to, host);
}

static void print_allocation(FILE *to, const struct midair_nat *nat)
{
	if (nat->allocation != MIDAIR_ALLOCATION_SEQUENTIAL)
		line(to, "Ports", midair_allocation_text(nat->allocation));
	else
		fprintf(to, "      %-22sin order, in steps of %d (the last one: %u)\n", "Ports",
			nat->delta, nat->last_port);
}

/* What is to be said beside what it speaks. */
static const char *gateway_note(const struct midair_nat *nat)
{
	if (!check_is_gateway_helpful(nat))
		return " none of PCP, NAT-PMP, UPnP-IGD, as far as it tells";
	if (nat->n_layers > 1)
		return ", but another NAT is behind it";
	return nat->n_layers < 0 ? ", but does not tell where a port of it would lead" : "";
}

static void print_gateway(FILE *to, const struct midair_nat *nat)
{
	const struct {
		const char *name;
		enum midair_answer speaks;
	} protocols[] = {{"PCP", nat->pcp}, {"NAT-PMP", nat->nat_pmp}, {"UPnP-IGD", nat->upnp}};
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *separator = " ";

	if (nat->gateway.family == MIDAIR_FAMILY_NONE)
		return;
	midair_endpoint_format(&nat->gateway, text);
	/* A router has no port. */
	*strrchr(text, ':') = '\0';
	fprintf(to, "      %-22s%s speaks", "Gateway", text);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (protocols[i].speaks != MIDAIR_YES)
			continue;
		fprintf(to, "%s%s", separator, protocols[i].name);
		separator = ", ";
	}
	fprintf(to, "%s\n", gateway_note(nat));
}

/* One server sees the outermost box; what is before it a gateway may tell. */
static void print_layers(FILE *to, const struct midair_nat *nat)
{
	if (nat->n_layers == 1)
		line(to, "Layers", "one");
	else
		line(to, "Layers", nat->n_layers > 1 ? "at least two" : "at least one");
}

static void print_behavior(FILE *to, const struct midair_nat *nat)
{
	bool is_translated = nat->mapping != MIDAIR_MAPPING_NONE;

	line(to, "Type", midair_nat_type_text(nat->type));
	line(to, "Mapping", midair_mapping_text(nat->mapping));
	if (is_translated) {
		print_allocation(to, nat);
		print_layers(to, nat);
	}
	print_gateway(to, nat);
	line(to, "Filtering", midair_filtering_text(nat->filtering));
	line(to, "Unasked-for SYN", midair_reaction_text(nat->reaction));
	line(to, "SYN out, then SYN in",
	     answer_of(nat->syn_in, "gets in", "is refused: the peer must have dialled first"));
	line(to, "RST",
	     answer_of(nat->reset_closes, "ends what a SYN has opened",
		       "does not end what a SYN has opened"));
	if (is_translated)
		line(to, "Hairpin", answer_of(nat->hairpin, "yes", "no"));
}

static void print_reaches(FILE *to, const struct midair_nat *nat)
{
	if (nat->n_reaches > 0)
		fputs("      Reaches\n", to);
	for (size_t i = 0; i < nat->n_reaches; i++) {
		const struct midair_reach *reach = &nat->reaches[i];

		fprintf(to, "        %-26s%s%s%s%s%s\n", reach->peer,
			midair_way_text(reach->way), reach->way == MIDAIR_WAY_NONE ? ": " : "",
			reach->way == MIDAIR_WAY_NONE ? reach->text : "",
			check_needs_port(reach) ? ", to a port that the gateway opens" : "",
			reach->is_sure ? "" : " (as far as is known)");
	}
}

static void print_nat(FILE *to, const struct midair_nat *nat, const char *family)
{
	char texts[3][MIDAIR_ENDPOINT_TEXT_SIZE];
	char verdict[CHECK_VERDICT_SIZE];

	if (nat->result != 0) {
		fprintf(to, "  * %s: %s\n", family,
			nat->result == MIDAIR_E_NO_PATH ? "not asked"
							: midair_strerror(nat->result));
		return;
	}
	fprintf(to, "  * %s: %s, from %s, as %s sees it\n", family,
		midair_endpoint_format(&nat->mapped, texts[0]),
		midair_endpoint_format(&nat->local, texts[1]),
		midair_endpoint_format(&nat->server, texts[2]));
	print_behavior(to, nat);
	if (nat->n_reaches > 0)
		line(to, "Verdict", check_verdict(nat, verdict));
	print_reaches(to, nat);
	if (!nat->is_server_public)
		line(to, "Note",
		     "the server is not in public: what is beyond it was not measured");
	if (!nat->can_probe)
		line(to, "Note", "the server does not dial back: most stays unknown");
	else if (!nat->has_alternative)
		line(to, "Note", "the server has one address: strangers were not tried");
}

void check_print(FILE *to, const struct midair_check_report *report, const char *server)
{
	char name[QUOTE_SIZE];

	fprintf(to, "Report, in %" PRIu32 ".%03" PRIu32 " s:\n", report->elapsed_ms / 1000,
		report->elapsed_ms % 1000);
	print_host(to, &report->host);
	if (server[0] == '\0') {
		fputs("  * No server is named, so nothing is known of the way: give --server HOST, "
		      "or set MIDAIR_SERVER\n",
		      to);
		return;
	}
	fprintf(to, "  * Server: %s\n", quote(server, name));
	for (int i = 0; i < 2; i++)
		print_nat(to, &report->nats[i], family_names[i]);
}
