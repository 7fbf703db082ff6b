/* record/base/command.h: the commands of `opjoule`, one function each, called by record/main.c. Not installed.
 *
 * argv[0] is "opjoule NAME", with which getopt begins its messages. The result is the exit status: 0 done, 1 failed (a
 * message is on standard error), 2 the command line was wrong. `--help` of all has one form: usage, what the command
 * does, options, examples; every option stands in the man page and in docs/completion too, as a test checks. */
#ifndef OPJ_RECORD_BASE_COMMAND_H
#define OPJ_RECORD_BASE_COMMAND_H

int opj_cmd_record(int argc, char **argv);   /* record/session/cmd_record.c */
int opj_cmd_run(int argc, char **argv);      /* record/native/cmd_run.c */
int opj_cmd_info(int argc, char **argv);     /* replay/commands/cmd_info.c */
int opj_cmd_replay(int argc, char **argv);   /* replay/commands/cmd_replay.c */
int opj_cmd_import(int argc, char **argv);   /* replay/commands/cmd_import.c */
int opj_cmd_analyze(int argc, char **argv);  /* analyze/command/cmd_analyze.c */
int opj_cmd_diff(int argc, char **argv);     /* analyze/diff/cmd_diff.c */
int opj_cmd_roofline(int argc, char **argv); /* analyze/roofline/cmd_roofline.c */
int opj_cmd_sweep(int argc, char **argv);    /* analyze/sweep/cmd_sweep.c */
int opj_cmd_report(int argc, char **argv);   /* analyze/page/cmd_report.c */
int opj_cmd_export(int argc, char **argv);   /* analyze/export/cmd_export.c */
int opj_cmd_models(int argc, char **argv);   /* analyze/command/cmd_models.c */

#endif
