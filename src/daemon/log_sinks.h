// SPDX-License-Identifier: ISC
// Where log lines go: standard error, which the journal reads. Nobody waits for it: lines that find
// no room are counted, and their number is told when there is room again.
#pragma once

// With priorities ("<6>…") when the journal reads them, plain on a terminal.
void log_sinks_start(void);
