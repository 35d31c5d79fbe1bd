/* The command line: a verb, its files and its options, as one job and where its result goes. */
#ifndef DC_CLI_COMMAND_H
#define DC_CLI_COMMAND_H

#include "dealcast/job.h"
#include "engine/output/rejects.h"
#include "engine/output/write.h"

/* What a verb is: its line in the list of verbs, its help, and what runs it. */
typedef struct dc_verb {
  const char *name;
  const char *summary;
  const char *usage;
  const char *about;
  const char *examples;
  const char *const *tables; /* what --table may name, ended by NULL */
  const char *wants;         /* what FILE is, for the message when there is none */
  bool models;               /* takes --model, and the options of that model */
  dc_status (*run)(const dc_job *job, dc_result **result, dc_error *error);
} dc_verb;

extern const dc_verb dc_verbs[]; /* ended by a NULL name */
const dc_verb *dc_find_verb(const char *name);

typedef struct dc_command {
  const dc_verb *verb;
  dc_job job;
  dc_write_options write;
  const char *rejects; /* --rejects */
  const char *save;    /* --save */
  bool help;
  char **owned; /* memory behind the job's lists */
  size_t n_owned;
} dc_command;

/* arguments after the verb. Options may stand anywhere; "--" ends them. Errors are DC_E_USAGE and name the option, what it
 * takes, and for an unknown one the nearest known. The command's texts are those of the arguments. */
dc_status dc_command_parse(const dc_verb *verb, int count, char **arguments, dc_command *command,
                           dc_error *error) DC_MUST_CHECK;
void dc_command_free(dc_command *command);

/* Before anything is read: can the inputs be opened, and the output be written without destroying an input? */
dc_status dc_command_check(const dc_command *command, dc_error *error) DC_MUST_CHECK;

#endif
