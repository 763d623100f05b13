#!/bin/sh
# SPDX-License-Identifier: MIT
# Thousands of connections through eight ports, each closed by the client first. The plain program
# runs out, whatever tcp_tw_reuse says (it waits a second at least); the pool does not.
. "$(dirname "$0")/common.sh"

setting ip_local_port_range '40000 40007'
for reuse in 0 1 2; do
	setting tcp_tw_reuse $reuse
	pooled -- "$client" churn 5000 2000
	ends_with '0 failed'
	has "$err" 'from the pool: 2000,'
done
pooled --ports 2000-2007 -- "$client" churn 5000 2000
ends_with '0 failed'

# The proof that it can fail, last: what the plain program leaves behind cannot be shared.
plain churn 5001 2000
has_not "$out" '^0 failed'
