/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

#include "cli/exit.h"
#include "cli/serve_options.h"

int serve_main(int argc, char **argv)
{
	struct serve_config config;
	int status = serve_options_read(&config, argc, argv);

	if (status >= 0)
		return status;
	return serve_run(&config) == 0 ? EXIT_DONE : EXIT_SYSTEM;
}
