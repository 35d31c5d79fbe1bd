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
  } outputs[4];
  int stdins;
} checking;

enum { OUTPUT, REJECTS, FIXES, SAVE, OUTPUTS };

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
  for (int k = OUTPUT; k < OUTPUTS; k++)
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

/* Can a list beside the result (the rejected rows, what to mend) go where it is wanted? */
static dc_status check_side(const dc_command *command, const checking *seen, int side, const char *path,
                            dc_error *error)
{
  const char *option = seen->outputs[side].option;
  const char *others[] = {[OUTPUT] = command->write.path,
                          [REJECTS] = command->rejects,
                          [FIXES] = command->job.fixes,
                          [SAVE] = command->save};
  if (!path) return DC_OK;
  if (strcmp(path, "-") == 0)
    return dc_fail(error, DC_E_USAGE, "%s takes a file: standard output is for the result", option);
  for (int k = OUTPUT; k < side; k++) {
    bool both = seen->outputs[k].there && seen->outputs[side].there;
    if (others[k] &&
        (strcmp(path, others[k]) == 0 || (both && same_file(&seen->outputs[k].found, &seen->outputs[side].found))))
      return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "%s and %s cannot be one file", seen->outputs[k].option, option);
  }
  dc_status status = dc_file_check(path, error);
  if (status == DC_OK && command->write.out_dir && is_table_of(command, path))
    return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "--out-dir writes a table of that name; choose another for %s",
                      option);
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
  look_at(&seen, FIXES, "--fixes", job->fixes);
  look_at(&seen, SAVE, "--save", command->save);
  const dc_strings *lists[] = {&job->files, &job->history, &job->accounts, &job->quotas};
  dc_status status = DC_OK;
  for (size_t i = 0; i < sizeof lists / sizeof *lists && status == DC_OK; i++)
    status = check_list(lists[i], &seen, error);
  if (status == DC_OK) status = check_joins(&job->joins, &seen, error);
  if (status == DC_OK && job->config) status = check_input(job->config, &seen, error);
  if (status == DC_OK && job->fit) status = check_input(job->fit, &seen, error);
  if (status == DC_OK && job->rates) status = check_input(job->rates, &seen, error);
  if (status == DC_OK) status = dc_write_check(&command->write, error);
  if (status == DC_OK) status = check_side(command, &seen, REJECTS, command->rejects, error);
  if (status == DC_OK) status = check_side(command, &seen, FIXES, job->fixes, error);
  if (status == DC_OK) status = check_side(command, &seen, SAVE, command->save, error);
  return status;
}
