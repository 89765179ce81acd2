// SPDX-License-Identifier: ISC
// Where log lines go: standard error, which the journal reads.
#pragma once

// With priorities ("<6>…") when the journal reads them, plain on a terminal.
void log_sinks_start(void);
