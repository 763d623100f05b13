/* SPDX-License-Identifier: MIT */
/* pipe_ends: what carries bytes in the benchmark of the encrypted pipe. */
#ifndef MIDAIR_BENCH_PIPE_ENDS_H
#define MIDAIR_BENCH_PIPE_ENDS_H

#include "bench/carry.h"

/* Where the script has put a certificate, and keys for ssh. NULL: there are none. */
const char *pipe_folder(void);

end_function stream_relay_end; /* midair_stream_relay() */
end_function stream_end;       /* midair_stream_write() and _read(), without pipes */
end_function bare_64_end;      /* AES-128-GCM, 64 KiB sealed and sent at a time, no pipes */
end_function bare_16_end;      /* 16 KiB */
end_function socat_tls_end;
end_function ncat_tls_end;
end_function ssh_end;

#define PIPE_PORT 15202

#endif
