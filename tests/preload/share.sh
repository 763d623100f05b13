#!/bin/sh
# SPDX-License-Identifier: MIT
# All from one local port, inside the kernel's range and outside; and a pool that is full.
. "$(dirname "$0")/common.sh"

setting ip_local_port_range '40000 40999'
for port in 1314 40500; do
	pooled --share $port -- "$client" share 6000 40
	ends_with "port $port, 0 others, again: Cannot assign requested address"
done
# another address is another end
pooled --share 1314 --from 127.0.0.2,127.0.0.3 -- "$client" share 6000 1
ends_with 'port 1314, 0 others, again: Success'

for ports in 40100-40103 2000-2003; do
	pooled --ports $ports -- "$client" full 5000 4
	ends_with 'as it should be'
done

# bind(ADDRESS, 0): every port once for all destinations, unless the bind is late
setting ip_local_port_range '41000 41005'
plain latebind 5000 6
ends_with '6 held'
setting ip_local_port_range '42000 42005'
pooled -- "$client" latebind 5000 6
ends_with '6 held'
setting ip_local_port_range '43000 43005'
pooled --late-bind -- "$client" latebind 5000 6
ends_with '12 held'
