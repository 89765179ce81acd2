# SPDX-License-Identifier: ISC
# hook: which hook runs when, its environment.
noinst_LIBRARIES += libhook.a
LINK_HOOK = libhook.a $(LINK_AGENT)
libhook_a_SOURCES =
libhook_a_SOURCES += %D%/environment.c %D%/environment.h
libhook_a_SOURCES += %D%/hook_files.c %D%/hook_files.h
libhook_a_SOURCES += %D%/hook_left.c %D%/hook_left.h
libhook_a_SOURCES += %D%/hook_figures.c %D%/hook_figures.h
libhook_a_SOURCES += %D%/hook_jobs.c %D%/hook_jobs.h
libhook_a_SOURCES += %D%/hook_names.c %D%/hook_names.h
libhook_a_SOURCES += %D%/hook_queue.c %D%/hook_queue.h %D%/hook_queue_private.h
libhook_a_SOURCES += %D%/hook_queue_lines.c %D%/hook_queue_runs.c %D%/hook_queue_time.c
libhook_a_SOURCES += %D%/hook_run.c %D%/hook_run.h
