#include "engine/cli/command.h"
#include "engine/output/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_CHARS = 4096 };

/* What all inputs are compared with: the files to be written, and how often standard input was asked for. */
typedef struct checking {
  struct {
    const char *option;
    bool there;
    struct stat found;
  } outputs[2];
  int stdins;
} checking;

enum { OUTPUT, REJECTS };

static bool same_file(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static dc_status check_input(const char *path, checking *seen, dc_error *error)
{
  struct stat found;
  if (strcmp(path, "-") == 0) {
    if (++seen->stdins == 1) return DC_OK;
    return dc_fail(error, DC_E_USAGE, "standard input (-) can be read once only");
  }
  if (stat(path, &found) != 0 || access(path, R_OK) != 0)
    return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "cannot be read: %s", strerror(errno));
  if (S_ISDIR(found.st_mode)) return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "cannot be read: it is a folder");
  for (int k = OUTPUT; k <= REJECTS; k++)
    if (seen->outputs[k].there && same_file(&found, &seen->outputs[k].found))
      return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "is an input: %s would replace it", seen->outputs[k].option);
  return DC_OK;
}

static dc_status check_list(const dc_strings *list, checking *seen, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < list->count && status == DC_OK; i++) status = check_input(list->items[i], seen, error);
  return status;
}

/* FILE of FILE:KEY */
static dc_status check_joins(const dc_strings *joins, checking *seen, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < joins->count && status == DC_OK; i++) {
    size_t length = (size_t)(strrchr(joins->items[i], ':') - joins->items[i]);
    char *path = strdup(joins->items[i]);
    if (!path) return dc_fail_memory(error, "checking inputs");
    path[length] = '\0';
    status = check_input(path, seen, error);
    free(path);
  }
  return status;
}

/* "DIR/NAME.csv", which --out-dir DIR writes itself? */
static bool is_table_of(const dc_command *command, const char *path)
{
  struct stat a, b;
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  char folder[PATH_CHARS];
  if (snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".") >= PATH_CHARS)
    return false;
  if (stat(*folder ? folder : "/", &a) != 0 || stat(command->write.out_dir, &b) != 0 || !same_file(&a, &b))
    return false;
  size_t stem = strcspn(name, ".");
  if (strcmp(name, "run.json") == 0) return true;
  for (const char *const *table = command->verb->tables; *table; table++)
    if (strlen(*table) == stem && memcmp(*table, name, stem) == 0) return true;
  return false;
}

/* Can the rejected rows be kept where they are wanted, beside the other outputs? */
static dc_status check_rejects(const dc_command *command, const checking *seen, dc_error *error)
{
  const char *path = command->rejects, *output = command->write.path;
  if (!path) return DC_OK;
  if (strcmp(path, "-") == 0)
    return dc_fail(error, DC_E_USAGE, "--rejects takes a file: standard output is for the result");
  bool both = seen->outputs[OUTPUT].there && seen->outputs[REJECTS].there;
  if (output &&
      (strcmp(path, output) == 0 || (both && same_file(&seen->outputs[OUTPUT].found, &seen->outputs[REJECTS].found))))
    return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "--output and --rejects cannot be one file");
  dc_status status = dc_file_check(path, error);
  if (status == DC_OK && command->write.out_dir && is_table_of(command, path))
    return dc_fail_at(error, DC_E_USAGE, path, 0, 0,
                      "--out-dir writes a table of that name; choose another for --rejects");
  return status;
}

static void look_at(checking *seen, int output, const char *option, const char *path)
{
  seen->outputs[output].option = option;
  seen->outputs[output].there = path && stat(path, &seen->outputs[output].found) == 0 &&
                                S_ISREG(seen->outputs[output].found.st_mode);
}

dc_status dc_command_check(const dc_command *command, dc_error *error)
{
  const dc_job *job = &command->job;
  checking seen = {.stdins = 0};
  look_at(&seen, OUTPUT, "--output", command->write.path);
  look_at(&seen, REJECTS, "--rejects", command->rejects);
  const dc_strings *lists[] = {&job->files, &job->history, &job->accounts, &job->quotas};
  dc_status status = DC_OK;
  for (size_t i = 0; i < sizeof lists / sizeof *lists && status == DC_OK; i++)
    status = check_list(lists[i], &seen, error);
  if (status == DC_OK) status = check_joins(&job->joins, &seen, error);
  if (status == DC_OK && job->config) status = check_input(job->config, &seen, error);
  if (status == DC_OK && job->rates) status = check_input(job->rates, &seen, error);
  if (status == DC_OK) status = dc_write_check(&command->write, error);
  if (status == DC_OK) status = check_rejects(command, &seen, error);
  return status;
}
