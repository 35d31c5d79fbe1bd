/* Invented names. Each is a function of an index; two indices never share a name. */
#ifndef DATASETS_GENERATE_NAMES_H
#define DATASETS_GENERATE_NAMES_H

#include "rng.h"

enum { DG_NAME_SIZE = 80 };

/* Some hold a comma or quotation marks, one in 20,000 a line break. */
void dg_account_name(uint64_t seed, uint64_t index, char name[DG_NAME_SIZE]);
void dg_rep_name(int rep, char name[DG_NAME_SIZE]);
void dg_deal_id(uint64_t index, char id[DG_NAME_SIZE]);

#endif
