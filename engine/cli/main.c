#include "engine/base/progress.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "engine/cli/command.h"
#include "engine/cli/help.h"
#include "engine/cli/options.h"
#include "engine/cli/signals.h"
#include "engine/output/balance.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { FAILED_CHECK = 1, SIGNAL_BASE = 128, MOST_NAMES = 64 };

/* What files and arguments say must not steer the terminal. */
static void put_plain(const char *text)
{
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    bool c1 = p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0;
    fputc(*p < 0x20 || *p == 0x7F || c1 ? '?' : *p, stderr);
    if (c1) p++;
  }
}

/* "dealcast: FILE:LINE:COLUMN: message", of the place only what is known. */
static void put_error(const dc_error *error)
{
  fputs("dealcast: ", stderr);
  if (error->file[0]) {
    put_plain(strcmp(error->file, "-") == 0 ? "standard input" : error->file);
    if (error->line > 0) fprintf(stderr, ":%lld", (long long)error->line);
    if (error->line > 0 && error->column > 0) fprintf(stderr, ":%d", (int)error->column);
    fputs(": ", stderr);
  }
  put_plain(error->message[0] ? error->message : "failed without saying why");
  fputc('\n', stderr);
}

static int usage(const dc_error *error, const char *verb)
{
  put_error(error);
  fprintf(stderr, "Try: dealcast %s%s--help\n", verb, *verb ? " " : "");
  return dc_exit_code(DC_E_USAGE);
}

/* Standard output took all of it? */
static int finish_stdout(void)
{
  dc_error error;
  if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
  dc_status status = dc_fail_at(&error, DC_E_SYSTEM, "standard output", 0, 0, "cannot write: %s", strerror(errno));
  put_error(&error);
  return dc_exit_code(status);
}

/* JSON and the terminal's view carry the warnings and the balance; the other formats have no place for them. */
static void tell_warnings(const dc_command *command, const dc_result *result)
{
  bool carried = command->write.out_dir || command->write.format == DC_FORMAT_JSON ||
                 (command->write.format == DC_FORMAT_TERMINAL && !command->write.table);
  for (size_t i = 0; i < result->n_warnings && !carried; i++) {
    fputs("dealcast: warning: ", stderr);
    put_plain(result->warnings[i]);
    fputc('\n', stderr);
  }
  char line[DC_BALANCE_CHARS];
  for (size_t k = 0; result->inputs && k < result->inputs->rows && !carried; k++) {
    if (!dc_balance_line(result, k, line)) continue;
    fputs("dealcast: ", stderr);
    put_plain(line);
    fputc('\n', stderr);
  }
}

/* Did a check fail that was asked for? */
static bool tell_failed(const dc_result *result)
{
  if (!result || !result->failed_check) return false;
  fputs("dealcast: ", stderr);
  put_plain(result->failed_check);
  fputc('\n', stderr);
  return true;
}

/* Scratch of a few megabytes comes and goes with each distribution; its pages need not be given back each time. */
static void keep_pages(void)
{
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

/* The rejected rows stay when the run went well, and when it ended because of its rows. */
static dc_status settle_rejects(dc_reject_file *rejects, dc_status so_far, dc_error *error)
{
  dc_error own;
  bool fine = so_far == DC_OK || so_far == DC_W_MAXITER;
  bool wanted = rejects->path && (fine || (rejects->rows && (so_far == DC_E_INPUT || so_far == DC_E_SHORT)));
  dc_status status = wanted ? dc_reject_file_commit(rejects, &own) : DC_OK;
  dc_reject_file_drop(rejects);
  if (wanted && status == DC_OK && rejects->rows) {
    fprintf(stderr, "dealcast: %lld rejected row%s in ", rejects->rows, rejects->rows == 1 ? " is" : "s are");
    put_plain(rejects->path);
    fputc('\n', stderr);
  }
  if (status != DC_OK && fine) *error = own;
  return fine && status != DC_OK ? status : so_far;
}

static int run(dc_command *command)
{
  dc_reject_file rejects = {.path = command->rejects};
  dc_error error = {.message = ""};
  dc_result *result = NULL;
  dc_status status = dc_command_check(command, &error);
  if (status == DC_E_USAGE) return usage(&error, command->verb->name);
  gsl_set_error_handler_off();
  dc_signals_install();
  int threads = dc_threads_start(command->job.threads), wanted = command->job.threads;
  if (wanted <= 0) wanted = omp_get_num_procs();
  keep_pages();
  if (threads < wanted) command->job.threads = threads;
  command->job.progress = isatty(STDERR_FILENO);
  if (rejects.path) {
    command->job.take_reject = dc_reject_file_take;
    command->job.take_context = &rejects;
  }
  dc_progress_start();
  if (status == DC_OK) status = command->verb->run(&command->job, &result, &error);
  dc_progress_end();
  status = settle_rejects(&rejects, status, &error);
  bool usable = (status == DC_OK || status == DC_W_MAXITER) && result;
  if (usable) tell_warnings(command, result);
  if (usable && result->fixes) status = dc_write_private(result->fixes, command->job.fixes, &error);
  if (usable && status == DC_OK && result->saved)
    status = dc_write_bytes(result->saved, result->saved_bytes, command->save, &error);
  if (usable && (status == DC_OK || status == DC_W_MAXITER)) status = dc_write_result(result, &command->write, &error);
  dc_write_abort();
  bool written = status == DC_OK || status == DC_W_MAXITER, failed = written && tell_failed(result);
  dc_result_free(result);
  if (written) return failed ? FAILED_CHECK : 0;
  if (dc_signal_received()) return SIGNAL_BASE + dc_signal_received();
  put_error(&error);
  return dc_exit_code(status);
}

static int run_verb(const dc_verb *verb, int count, char **arguments)
{
  dc_command command;
  dc_error error;
  int code;
  if (dc_command_parse(verb, count, arguments, &command, &error) != DC_OK) {
    code = error.code == DC_E_USAGE ? usage(&error, verb->name) : dc_exit_code(error.code);
    if (error.code != DC_E_USAGE) put_error(&error);
  } else if (command.help) {
    dc_help_verb(stdout, verb, command.job.model);
    code = finish_stdout();
  } else {
    code = run(&command);
  }
  dc_command_free(&command);
  return code;
}

static int unknown_verb(const char *name)
{
  const char *names[MOST_NAMES + 1] = {"help", "version"};
  dc_error error;
  for (size_t i = 0; dc_verbs[i].name && i + 2 < MOST_NAMES; i++) names[i + 2] = dc_verbs[i].name;
  const char *near = dc_nearest(name, names);
  if (near)
    dc_fail(&error, DC_E_USAGE, "unknown verb '%s'; did you mean '%s'?", name, near);
  else if (access(name, F_OK) == 0)
    dc_fail(&error, DC_E_USAGE, "a verb comes first: dealcast forecast %s", name);
  else if (*name == '-')
    dc_fail(&error, DC_E_USAGE, "a verb comes first, then options such as '%s'", name);
  else
    dc_fail(&error, DC_E_USAGE, "unknown verb '%s'", name);
  return usage(&error, "");
}

static int help(int count, char **arguments)
{
  const dc_verb *verb = count > 0 ? dc_find_verb(arguments[0]) : NULL;
  if (count > 0 && !verb) return unknown_verb(arguments[0]);
  if (verb)
    dc_help_verb(stdout, verb, NULL);
  else
    dc_help_all(stdout);
  return finish_stdout();
}

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
  return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

int main(int argc, char **argv)
{
  if (argc < 2) {
    dc_help_all(stderr);
    return dc_exit_code(DC_E_USAGE);
  }
  if (is_one_of(argv[1], "help", "--help", "-h")) return help(argc - 2, argv + 2);
  if (is_one_of(argv[1], "version", "--version", "-V")) {
    puts("dealcast " DC_VERSION);
    return finish_stdout();
  }
  const dc_verb *verb = dc_find_verb(argv[1]);
  return verb ? run_verb(verb, argc - 2, argv + 2) : unknown_verb(argv[1]);
}
